using System.Globalization;
using DyT.Collectives;
using DyT.Config;

namespace DyT.Training.Session;

/// <summary>The matrix-multiply rate of all who compute in a generation: the denominator of MFU.</summary>
internal sealed class ClusterRate(SessionParts parts, ICollective collective)
{
    private readonly ProductKind _products = parts.Config.Train.Products;

    /// <summary>FLOP/s, once it was shared.</summary>
    public double Value { get; private set; }

    /// <summary>
    /// Once in a session, at the beginning of a generation of which all are there: when a worker starts, others start beside it and the runtime compiles, so that its first
    /// measurement is often too low. Not while others wait for one who joins.
    /// </summary>
    public void Settle(Action<string> notice)
    {
        if (parts.IsRateSettled)
            return;
        parts.IsRateSettled = true;
        Improve();
        if (collective.Rank != collective.Plan.LeadRank || _products != ProductKind.Bf16)
            return;
        var fp32 = MachineRate.Measure(ProductKind.Fp32);
        if (!MachineRate.Bf16Pays(parts.MachineRate, fp32))
        {
            notice(string.Create(
                CultureInfo.InvariantCulture,
                $"train.products: bf16 gains nothing on this machine ({parts.MachineRate / 1e9:0} GFLOP/s, fp32 {fp32 / 1e9:0}): it is for processors with AVX512_BF16 or AMX; set it to fp32"));
        }
    }

    public void Improve() => parts.MachineRate = MachineRate.Improve(parts.MachineRate, _products);

    /// <summary>An operation of all ranks, in the same order on each.</summary>
    public void Share() => Value = collective.SumOverRanks(collective.Plan.Members[collective.Rank].IsObserver ? 0 : parts.MachineRate);
}
