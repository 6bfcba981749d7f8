namespace DyT.Cli.Processes;

/// <summary>Whether a process that died is started again. A pure decision: the times come from outside.</summary>
/// <param name="MaxRestarts">Restarts of one process allowed within <paramref name="Window"/>; one that keeps dying has a cause that restarting does not mend.</param>
/// <param name="FirstDelay">Pause before the second restart in the window; doubled for each further one, up to about a minute. The first is immediate: most deaths come alone.</param>
public sealed record RestartPolicy(int MaxRestarts, TimeSpan Window, TimeSpan FirstDelay)
{
    private const int MostDoublings = 6;

    /// <summary>Whoever dies is started again at once, however often.</summary>
    public static RestartPolicy Always { get; } = new(int.MaxValue, TimeSpan.FromMinutes(10), TimeSpan.Zero);

    /// <summary>As <c>cluster.restarts</c> says.</summary>
    public static RestartPolicy Of(Config.ClusterConfig cluster) => new(cluster.Restarts, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1));

    /// <param name="earlier">When this process was restarted before, in any order.</param>
    /// <param name="exitCode">How it ended; <see cref="Config.UserErrorException.Usage"/> says that the command or configuration is off.</param>
    public RestartDecision Decide(IEnumerable<DateTimeOffset> earlier, DateTimeOffset now, int exitCode)
    {
        if (exitCode == Config.UserErrorException.Usage)
            return new GiveUp("its configuration is off");
        var recent = earlier.Count(at => now - at < Window);
        if (recent >= MaxRestarts)
            return new GiveUp(recent == 0 ? "cluster.restarts is 0" : $"it died {recent + 1} times within {Window.TotalMinutes:0.#} minutes (cluster.restarts)");
        return new Restart(recent == 0 ? TimeSpan.Zero : FirstDelay * Math.Pow(2, Math.Min(recent - 1, MostDoublings)));
    }
}

public abstract record RestartDecision;

/// <summary>Start it again after the pause.</summary>
public sealed record Restart(TimeSpan Delay) : RestartDecision;

/// <summary>Leave it dead; the reason completes the sentence "not restarted: ...".</summary>
public sealed record GiveUp(string Reason) : RestartDecision;
