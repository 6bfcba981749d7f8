namespace DyT.Cli.Studies.Running;

/// <summary>A process that makes a cell's run.</summary>
public interface ICellProcess : IDisposable
{
    /// <summary>Asks it to stop with a checkpoint. From any thread; does nothing when it has ended.</summary>
    void Stop();

    /// <summary>Ends it and its processes at once. From any thread.</summary>
    void Kill();

    /// <summary>Waits for its end.</summary>
    CellExit Wait();
}

/// <summary>How a cell's process ended.</summary>
/// <param name="LastError">The last line of standard error; null for none.</param>
public sealed record CellExit(int Code, string? LastError);
