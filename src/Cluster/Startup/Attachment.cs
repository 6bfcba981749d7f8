namespace DyT.Cluster.Startup;

/// <summary>
/// The tie between a child process and its starter: the starter holds the other end of standard input. Lines are requests, the end of the stream means
/// that the starter is gone - the system closes it even when the starter is killed, so no child outlives it.
/// </summary>
public static class Attachment
{
    public const string Stop = "stop";

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
