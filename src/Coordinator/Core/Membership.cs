using DyT.Collectives;

namespace DyT.Coordinator.Core;

/// <summary>How many workers compute, and how many stand by.</summary>
/// <param name="MicroShards">V: no more workers than this can compute.</param>
/// <param name="MaxWorkers">Of the configuration; null for no limit of its own.</param>
/// <param name="Spares">Level observers beside the computing workers.</param>
public sealed record MembershipLimits(string RunId, int MicroShards, int? MaxWorkers, int Spares)
{
    public int Computing => Math.Min(MicroShards, MaxWorkers ?? MicroShards);
}

/// <summary>Who is in a generation, in which order, with which micro-shards: pure.</summary>
public static class Membership
{
    /// <summary>
    /// A generation of workers of which none is in one: those whose state is the furthest compute, and so do those who missed just the last commit of the
    /// generation before; others receive the state as observers. Null when there are too few.
    /// </summary>
    /// <param name="limits">Of the run.</param>
    /// <param name="number">Of the new generation.</param>
    /// <param name="needed">Fewer cannot train.</param>
    /// <param name="workers">The registered ones.</param>
    /// <param name="previous">The generation before, if any: who computed goes on computing.</param>
    public static GenerationPlan? Form(MembershipLimits limits, long number, int needed, IReadOnlyCollection<WorkerEntry> workers, GenerationPlan? previous)
    {
        var ready = workers.Where(w => w.IsReady && !w.IsLeaving).ToList();
        if (Math.Min(ready.Count, limits.Computing) < Math.Min(needed, limits.Computing) || ready.Count == 0)
            return null;
        ready.Sort((a, b) => NaturalOrder.Instance.Compare(a.Name, b.Name));
        var furthest = ready.Max(w => w.CommittedStep!.Value);
        bool Computed(WorkerEntry w) => previous?.RankOf(w.Name) is >= 0 and var rank && !previous.Members[rank].IsObserver;
        bool IsNear(WorkerEntry w) => w.CommittedStep == furthest || (Computed(w) && w.CommittedStep >= 0 && w.CommittedStep == furthest - 1);
        var computing = ready.Where(IsNear).OrderByDescending(Computed).ThenBy(w => w.Name, NaturalOrder.Instance).Take(limits.Computing).ToList();
        var observing = ready.Except(computing).OrderByDescending(IsNear).ThenBy(w => w.Name, NaturalOrder.Instance).Take(limits.Computing - computing.Count + limits.Spares);
        return Compose(limits, number, computing.ConvertAll(Member), [.. observing.Select(Member)], Balance.Ranges(limits.MicroShards, Speeds(computing)));
    }

    /// <summary>
    /// What the running generation should become at the end of a step; null when it is as it should be. Without members when those who stay are too few.
    /// </summary>
    /// <param name="limits">Of the run.</param>
    /// <param name="number">Of the new generation.</param>
    /// <param name="needed">Fewer cannot train.</param>
    /// <param name="workers">The registered ones; members that are not among them (a new coordinator has not heard of them yet) stay as they are.</param>
    /// <param name="current">The running generation.</param>
    /// <param name="rebalance">Whether to cut the micro-shards anew by speed.</param>
    public static GenerationPlan? Next(MembershipLimits limits, long number, int needed, IReadOnlyDictionary<string, WorkerEntry> workers, GenerationPlan current, bool rebalance)
    {
        bool Leaves(GenerationMember m) => workers.TryGetValue(m.Name, out var w) && w.IsLeaving;
        var somebodyLeaves = current.Members.Any(Leaves);
        var staying = current.Members.Where(m => !Leaves(m)).ToList();
        var cold = staying.Where(m => m.IsObserver && !(workers.TryGetValue(m.Name, out var w) && w.IsLevel)).ToList();
        if (cold.Count > 0 && !somebodyLeaves)
            return null; // any change would break off the transfer of their state

        var computing = staying.Where(m => !m.IsObserver).Take(limits.Computing).ToList();
        var level = staying.Except(cold).Except(computing).ToList();
        var promoted = level.Take(limits.Computing - computing.Count).ToList();
        var waiting = workers.Values.Where(w => w.IsReady && !w.IsLeaving && current.RankOf(w.Name) < 0).OrderBy(w => w.Name, NaturalOrder.Instance).Select(Member);
        computing.AddRange(promoted);
        if (computing.Count == 0 || (somebodyLeaves && computing.Count + cold.Count < Math.Min(needed, limits.Computing)))
            return new GenerationPlan(limits.RunId, number, limits.MicroShards, []);

        computing.Sort((a, b) => NaturalOrder.Instance.Compare(a.Name, b.Name));
        var room = limits.Computing - computing.Count + limits.Spares;
        var observing = level.Except(promoted).Concat(cold).Concat(waiting).Take(room).ToList();
        var sameComputing = computing.Select(m => m.Name).SequenceEqual(current.Members.Where(m => !m.IsObserver).Select(m => m.Name));
        var ranges = sameComputing && !rebalance
            ? [.. current.Members.Where(m => !m.IsObserver).Select(m => m.Range)]
            : Balance.Ranges(limits.MicroShards, [.. computing.Select(m => workers.TryGetValue(m.Name, out var w) ? w.SecondsPerShard : null)]);
        var next = Compose(limits, number, computing, observing, ranges);
        return next.Members.SequenceEqual(current.Members) ? null : next;
    }

    private static GenerationMember Member(WorkerEntry w) => new(w.Name, w.Host, w.DataPort, default);

    private static IReadOnlyList<double?> Speeds(IEnumerable<WorkerEntry> workers) => [.. workers.Select(w => w.SecondsPerShard)];

    /// <summary>Ranks go by name in natural order (w2 before w10); ranges are those of <paramref name="computing"/> in its order before sorting by name.</summary>
    private static GenerationPlan Compose(MembershipLimits limits, long number, List<GenerationMember> computing, IReadOnlyList<GenerationMember> observing, ShardRange[] ranges)
    {
        var members = computing.Concat(observing).OrderBy(m => m.Name, NaturalOrder.Instance).ToList();
        var counts = computing.Zip(ranges).ToDictionary(p => p.First.Name, p => p.Second.Count);
        var at = 0;
        for (var rank = 0; rank < members.Count; rank++)
        {
            var count = counts.GetValueOrDefault(members[rank].Name);
            members[rank] = members[rank] with { Range = new ShardRange(at, at + count) };
            at += count;
        }

        return new GenerationPlan(limits.RunId, number, limits.MicroShards, members);
    }
}
