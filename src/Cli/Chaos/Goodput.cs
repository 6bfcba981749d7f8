namespace DyT.Cli.Chaos;

/// <summary>The share of the workers' time that went into steps that stand. Pure.</summary>
public static class Goodput
{
    /// <summary>
    /// Worker-seconds of committed steps, each step once, over worker-seconds present. Evaluations, checkpoints, waiting, and steps that were done again or given up are
    /// what is missing to 1.
    /// </summary>
    /// <param name="timeline">In the order of time; of a step that was committed again the last commit counts.</param>
    /// <param name="presence">Workers from a moment on, in the order of time; before the first there were none.</param>
    public static double Of(IReadOnlyList<Commit> timeline, IReadOnlyList<Presence> presence, double from, double to)
    {
        var standing = new Dictionary<long, Commit>();
        foreach (var commit in timeline)
            standing[commit.Step] = commit;
        var useful = standing.Values.Sum(commit => commit.Seconds * commit.WorldSize);
        var present = WorkerSeconds(presence, from, to);
        return present > 0 ? useful / present : 0;
    }

    public static double WorkerSeconds(IReadOnlyList<Presence> presence, double from, double to)
    {
        var sum = 0.0;
        for (var i = 0; i < presence.Count; i++)
        {
            var start = Math.Max(from, presence[i].At);
            var end = Math.Min(to, i + 1 < presence.Count ? presence[i + 1].At : to);
            sum += Math.Max(0, end - start) * presence[i].Workers;
        }

        return sum;
    }
}
