namespace DyT.Cli.Processes;

/// <summary>What to start: a program with arguments and the environment variables that differ from this process's own.</summary>
/// <param name="Name">Short name for prefixes and the log file, e.g. <c>w0</c>.</param>
public sealed record ChildStart(string Name, string Program, IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment);

/// <summary>Told of what a child does, on the child's own threads; must not throw.</summary>
public interface IChildObserver
{
    /// <summary>A line of standard output.</summary>
    void OnOutput(ChildProcess child, string line);

    /// <summary>A line of standard error.</summary>
    void OnError(ChildProcess child, string line);

    /// <summary>The child has ended and all of its output was passed on before.</summary>
    void OnExit(ChildProcess child, int exitCode);
}
