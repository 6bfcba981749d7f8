using System.Runtime.InteropServices;
using DyT.Collectives;

namespace DyT.Training.Session;

/// <summary>What one worker brings to a step's exchange beside its losses.</summary>
/// <param name="StopRequested">Somebody asked this worker to end the run after this step.</param>
/// <param name="WantsStandstill">It needs the others' state once more, with everyone waiting.</param>
/// <param name="WantsCheckpoint">By its clock a checkpoint is due.</param>
/// <param name="OfferedGeneration">The latest generation that this worker knows to come next; 0 for none.</param>
/// <param name="Samples">Sum of the <see cref="Data.SampleDigest"/> of its micro-shards.</param>
public readonly record struct StepVote(bool StopRequested, bool WantsStandstill, bool WantsCheckpoint, long OfferedGeneration, ulong Samples = 0);

/// <summary>What all workers know after the exchange, the same on each.</summary>
/// <param name="Losses">Of all micro-shards, in order.</param>
/// <param name="HandOverTo">The later generation that everyone knows; 0 while somebody does not.</param>
public sealed record StepAgreement(double[] Losses, bool StopRequested, bool WantsStandstill, bool WantsCheckpoint, long HandOverTo, ulong Samples);

/// <summary>
/// The small record that all workers exchange in every step: their micro-shards' losses and their votes. Afterwards everyone knows the same, so
/// that decisions (stop, guard, change of generation) are the same on every worker in the same step without asking the coordinator.
/// </summary>
public sealed class StepExchange
{
    private const int FixedFields = 3;
    private const long StopFlag = 1;
    private const long StandstillFlag = 2;
    private const long CheckpointFlag = 4;

    private readonly ICollective _collective;
    private readonly int _recordFields;
    private readonly byte[] _own;
    private readonly byte[] _all;

    public StepExchange(ICollective collective)
    {
        _collective = collective;
        _recordFields = FixedFields + collective.Plan.Members.Max(m => m.Range.Count); // equally long for all
        _own = new byte[_recordFields * sizeof(long)];
        _all = new byte[_own.Length * collective.WorldSize];
    }

    /// <summary>Exchanges; <paramref name="ownLosses"/> are those of this rank's range in order.</summary>
    public StepAgreement Run(ReadOnlySpan<double> ownLosses, StepVote vote)
    {
        var own = MemoryMarshal.Cast<byte, long>(_own.AsSpan());
        own[0] = (vote.StopRequested ? StopFlag : 0) | (vote.WantsStandstill ? StandstillFlag : 0) | (vote.WantsCheckpoint ? CheckpointFlag : 0);
        own[1] = vote.OfferedGeneration;
        own[2] = (long)vote.Samples;
        ownLosses.CopyTo(MemoryMarshal.Cast<long, double>(own[FixedFields..]));
        _collective.AllGather(_own, _all);

        var all = MemoryMarshal.Cast<byte, long>(_all);
        var plan = _collective.Plan;
        var losses = new double[plan.MicroShards];
        long flags = 0;
        var offered = long.MaxValue;
        ulong samples = 0;
        for (var rank = 0; rank < plan.WorldSize; rank++)
        {
            var record = all.Slice(rank * _recordFields, _recordFields);
            flags |= record[0];
            offered = offered == long.MaxValue || offered == record[1] ? record[1] : 0; // unanimous or none
            samples = unchecked(samples + (ulong)record[2]);
            var range = plan.Members[rank].Range;
            MemoryMarshal.Cast<long, double>(record.Slice(FixedFields, range.Count)).CopyTo(losses.AsSpan(range.Start));
        }

        return new StepAgreement(losses, (flags & StopFlag) != 0, (flags & StandstillFlag) != 0, (flags & CheckpointFlag) != 0, offered > plan.Number ? offered : 0, samples);
    }
}
