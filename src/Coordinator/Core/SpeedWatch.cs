using System.Globalization;
using DyT.Collectives;
using DyT.Config;

namespace DyT.Coordinator.Core;

/// <summary>What is to be done about workers' speeds.</summary>
public sealed record SpeedVerdict(bool Rebalance, IReadOnlyList<string> Drained, IReadOnlyList<string> Notices);

/// <summary>Compares how long the workers compute for a micro-shard, and decides when it pays to cut the micro-shards anew. Pure but for its memory of the last time.</summary>
public sealed class SpeedWatch(StragglerPolicy policy)
{
    /// <summary>Samples of every computing member, before anything is concluded.</summary>
    private const int FewestSamples = 6;

    /// <summary>The step must get so much shorter.</summary>
    private const double WorthIt = 0.85;

    /// <summary>Slower than the others' median by this factor is far slower.</summary>
    private const double FarSlower = 3;

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(30);

    private TimeSpan? _lastChange;

    /// <summary>Null when there is nothing to do.</summary>
    public SpeedVerdict? Tick(TimeSpan now, GenerationPlan plan, IReadOnlyDictionary<string, WorkerEntry> workers)
    {
        if (policy == StragglerPolicy.Off)
            return null;
        _lastChange ??= now;
        var computing = plan.Members.Where(m => !m.IsObserver).ToList();
        var entries = computing.Select(m => workers.GetValueOrDefault(m.Name)).OfType<WorkerEntry>().Where(w => w.SecondsPerShard > 0 && w.SpeedSamples >= FewestSamples).ToList();
        if (entries.Count < computing.Count || entries.Count < 2)
            return null;

        var notices = new List<string>();
        var drained = NameSlow(now, entries, notices);
        var seconds = entries.ConvertAll(w => w.SecondsPerShard!.Value);
        var present = Balance.Makespan(computing.Select(m => m.Range.Count), seconds);
        var better = Balance.Makespan(Balance.Ranges(plan.MicroShards, [.. seconds.Select(s => (double?)s)]).Select(r => r.Count), seconds);
        var rebalance = better < WorthIt * present && now - _lastChange >= Between;
        if (rebalance || drained.Count > 0)
            _lastChange = now;
        return rebalance || drained.Count > 0 || notices.Count > 0 ? new SpeedVerdict(rebalance, drained, notices) : null;
    }

    private List<string> NameSlow(TimeSpan now, List<WorkerEntry> entries, List<string> notices)
    {
        var drained = new List<string>();
        var sorted = entries.Select(w => w.SecondsPerShard!.Value).Order().ToList();
        foreach (var worker in entries)
        {
            // The median of the others: of a list that lacks one, every place from that one's on holds the next.
            var middle = (sorted.Count - 1) / 2;
            var median = sorted[middle < sorted.BinarySearch(worker.SecondsPerShard!.Value) ? middle : middle + 1];
            if (worker.SecondsPerShard < FarSlower * median)
            {
                worker.SlowSince = null;
                worker.WasNamedSlow = false;
                continue;
            }

            worker.SlowSince ??= now;
            if (worker.WasNamedSlow || now - worker.SlowSince < Between)
                continue;
            worker.WasNamedSlow = true;
            var drain = policy == StragglerPolicy.Replace && entries.Count > 1;
            notices.Add(string.Create(CultureInfo.InvariantCulture, $"worker {worker.Name} computes {worker.SecondsPerShard / median:0.#} times as long for a micro-shard as the others{(drain ? " and is drained" : "")}"));
            if (drain)
                drained.Add(worker.Name);
        }

        return drained;
    }
}
