namespace DyT.Cli.Chaos;

/// <summary>Goes through a schedule as steps are committed. Steps that are committed again after a resume bring no fault back.</summary>
public sealed class FaultCursor(IReadOnlyList<Fault> schedule)
{
    private int _next;

    /// <summary>Faults that have not been handed out.</summary>
    public int Left => schedule.Count - _next;

    /// <summary>The next fault that is due, each once; null when none is. Ask again when that one is over: later ones then wait, so that they are told apart.</summary>
    public Fault? Next(long committedStep) =>
        _next < schedule.Count && schedule[_next].AfterStep <= committedStep ? schedule[_next++] : null;
}
