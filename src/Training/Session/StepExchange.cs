using System.Runtime.InteropServices;
using DyT.Collectives;

namespace DyT.Training.Session;

/// <summary>
/// The small record that all workers exchange in every step: their micro-shards' losses and their flags. Afterwards everyone knows the same, so
/// that decisions (stop, guard) are the same on every worker in the same step without asking the coordinator.
/// </summary>
public sealed class StepExchange
{
    private readonly ICollective _collective;
    private readonly int _recordDoubles;
    private readonly byte[] _own;
    private readonly byte[] _all;

    public StepExchange(ICollective collective)
    {
        _collective = collective;
        _recordDoubles = 1 + collective.Plan.Members.Max(m => m.Range.Count); // flags, then losses; equally long for all
        _own = new byte[_recordDoubles * sizeof(double)];
        _all = new byte[_own.Length * collective.WorldSize];
    }

    /// <summary>Exchanges; <paramref name="ownLosses"/> are those of this rank's range in order.</summary>
    /// <returns>The losses of all micro-shards in order, and whether anyone asked to stop.</returns>
    public (double[] Losses, bool StopRequested) Run(ReadOnlySpan<double> ownLosses, bool stopRequested)
    {
        var own = MemoryMarshal.Cast<byte, double>(_own.AsSpan());
        own[0] = stopRequested ? 1 : 0;
        ownLosses.CopyTo(own[1..]);
        _collective.AllGather(_own, _all);

        var all = MemoryMarshal.Cast<byte, double>(_all);
        var plan = _collective.Plan;
        var losses = new double[plan.MicroShards];
        var stop = false;
        for (var rank = 0; rank < plan.WorldSize; rank++)
        {
            var record = all.Slice(rank * _recordDoubles, _recordDoubles);
            stop |= record[0] != 0;
            var range = plan.Members[rank].Range;
            record.Slice(1, range.Count).CopyTo(losses.AsSpan(range.Start));
        }

        return (losses, stop);
    }
}
