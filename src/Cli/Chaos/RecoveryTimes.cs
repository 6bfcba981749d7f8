using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>What one fault cost.</summary>
/// <param name="Seconds">By how much it held the run up; null when no new step was committed after it.</param>
/// <param name="StepsRedone">Committed steps that were thrown away and committed again, up to the next fault.</param>
/// <param name="Generations">Generations formed up to the next fault; each may have cost one attempt at a step that was not yet committed.</param>
public sealed record Recovery(FaultKind Kind, double At, double? Seconds, long StepsRedone, long Generations);

/// <summary>What the faults of one kind cost.</summary>
/// <param name="Unrecovered">After so many of them no new step was committed.</param>
/// <param name="MedianSeconds">Over those that were recovered from; null when there are none.</param>
public sealed record RecoverySummary(FaultKind Kind, int Count, int Unrecovered, double? MedianSeconds, double? WorstSeconds, long StepsRedone);

/// <summary>How long a run stood still after each fault. Pure.</summary>
public static class RecoveryTimes
{
    // A step whose reduction was complete when the fault came is committed all the same, and only the one after it waits.
    private const int Regarded = 2;

    /// <summary>
    /// For each fault the seconds to the next step that was never committed before, less the median step's time; or to the one after that, less two of them, if that is more
    /// and no other fault came before it. Never negative.
    /// </summary>
    /// <param name="timeline">In the order of time.</param>
    /// <param name="faults">In the order of time.</param>
    public static IReadOnlyList<Recovery> Of(IReadOnlyList<Commit> timeline, IReadOnlyList<FaultMoment> faults)
    {
        var median = Median(timeline.Select(commit => commit.Seconds)) ?? 0;
        var (progress, redone, generations) = Read(timeline);
        var recoveries = new List<Recovery>(faults.Count);
        for (var i = 0; i < faults.Count; i++)
        {
            var at = faults[i].At;
            var until = i + 1 < faults.Count ? faults[i + 1].At : double.PositiveInfinity;
            recoveries.Add(new Recovery(
                faults[i].Kind,
                at,
                Held(progress, at, until, median),
                redone.Count(when => when > at && when <= until),
                generations.Where(change => change.At > at && change.At <= until).Sum(change => change.Count)));
        }

        return recoveries;
    }

    /// <summary>By kind, in the order of the kinds' declaration.</summary>
    public static IReadOnlyList<RecoverySummary> ByKind(IReadOnlyList<Recovery> recoveries) =>
    [
        .. recoveries.GroupBy(recovery => recovery.Kind).OrderBy(group => group.Key).Select(group => new RecoverySummary(
            group.Key,
            group.Count(),
            group.Count(recovery => recovery.Seconds is null),
            MedianSeconds(group),
            WorstSeconds(group),
            group.Sum(recovery => recovery.StepsRedone))),
    ];

    public static double? MedianSeconds(IEnumerable<Recovery> recoveries) => Median(recoveries.Select(recovery => recovery.Seconds).OfType<double>());

    public static double? WorstSeconds(IEnumerable<Recovery> recoveries) => recoveries.Max(recovery => recovery.Seconds);

    /// <summary>Commits of steps that had been committed before.</summary>
    public static long StepsRedone(IReadOnlyList<Commit> timeline) => Read(timeline).Redone.Count;

    /// <summary>The middle value, or the mean of the two in the middle; null when there are none.</summary>
    internal static double? Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
            return null;
        var middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static double? Held(List<double> progress, double at, double until, double median)
    {
        var next = progress.FindIndex(when => when > at);
        if (next < 0)
            return null;
        var held = progress[next] - at - median;
        for (var further = 2; further <= Regarded && next + further - 1 < progress.Count && progress[next + further - 1] <= until; further++)
            held = Math.Max(held, progress[next + further - 1] - at - further * median);
        return Math.Max(0, held);
    }

    private static (List<double> Progress, List<double> Redone, List<(double At, long Count)> Generations) Read(IReadOnlyList<Commit> timeline)
    {
        var progress = new List<double>();
        var redone = new List<double>();
        var generations = new List<(double, long)>();
        var furthest = long.MinValue;
        for (var i = 0; i < timeline.Count; i++)
        {
            var commit = timeline[i];
            (commit.Step > furthest ? progress : redone).Add(commit.At);
            furthest = Math.Max(furthest, commit.Step);
            if (i > 0 && commit.Generation > timeline[i - 1].Generation)
                generations.Add((commit.At, commit.Generation - timeline[i - 1].Generation));
        }

        return (progress, redone, generations);
    }
}
