namespace DyT.Cluster.Startup;

/// <summary>
/// The tie between a child process and its starter: the starter holds the other end of standard input. Lines are requests, the end of the stream means
/// that the starter is gone - the system closes it even when the starter is killed, so no child outlives it.
/// </summary>
public static class Attachment
{
    public const string Stop = "stop";

    private const string CoordinatorsAre = "coordinators ";

    /// <summary>Waits for the first line of a worker that was started before its coordinators were ready: their addresses, separated by commas. Null when the starter is gone.</summary>
    public static string? AwaitCoordinators() =>
        Console.In.ReadLine() is { } line && line.StartsWith(CoordinatorsAre, StringComparison.Ordinal) ? line[CoordinatorsAre.Length..] : null;

    /// <summary>Follows standard input on a thread of its own.</summary>
    public static void Follow(Action<string> onLine, Action onGone)
    {
        new Thread(() =>
        {
            while (Console.In.ReadLine() is { } line)
                onLine(line);
            onGone();
        })
        { IsBackground = true, Name = "starter" }.Start();
    }
}
