using System.Globalization;
using DyT.Collectives;
using DyT.Config;

namespace DyT.Training.Session;

/// <summary>The matrix-multiply rate of all who compute in a generation: the denominator of MFU.</summary>
internal sealed class ClusterRate(SessionParts parts, ICollective collective)
{
    /// <summary>FLOP/s, once it was shared.</summary>
    public double Value { get; private set; }

    /// <summary>
    /// At the beginning of the session's first generation: when a worker starts, others start beside it and the runtime compiles, so that what was measured then is often too low.
    /// </summary>
    /// <param name="waits">Whether others train already, and wait for this worker.</param>
    public void Begin(bool waits)
    {
        if (!parts.IsRateSettled && !waits)
            Improve();
        parts.IsRateSettled = true;
    }

    public void Improve() => parts.MachineRate = MachineRate.Improve(parts.MachineRate, parts.Config.Train.Products);

    /// <summary>An operation of all ranks, in the same order on each.</summary>
    public void Share() => Value = collective.GatherFromRanks(collective.Plan.Members[collective.Rank].IsObserver ? 0 : parts.MachineRate).Sum();

    /// <summary>Names those for whom bf16 does not pay; null when there are none. An operation of all ranks.</summary>
    public string? ShareGains() => Advice(collective.GatherFromRanks(parts.Bf16Gain ?? double.PositiveInfinity), rank => collective.Plan.Members[rank].Name);

    /// <param name="gains">By rank: <see cref="MachineRate.Bf16Gain"/>.</param>
    /// <param name="nameOf">By rank.</param>
    internal static string? Advice(IReadOnlyList<double> gains, Func<int, string> nameOf)
    {
        var without = Enumerable.Range(0, gains.Count).Where(rank => !MachineRate.Bf16Pays(gains[rank])).ToList();
        return without.Count == 0
            ? null
            : $"train.products: bf16 gains too little on {string.Join(", ", without.Select(rank => string.Create(CultureInfo.InvariantCulture, $"{nameOf(rank)} ({gains[rank]:0.00} of fp32's rate)")))}: it is for processors with AVX512_BF16 or AMX; set it to fp32";
    }
}
