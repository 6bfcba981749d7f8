using System.Diagnostics;
using DyT.Collectives;
using DyT.Training.Optimization;
using DyT.Training.Session;

namespace DyT.Training.Sharding;

/// <summary>Carries out moves as bulk. Every rank calls it with the same list, so that both ends of each begin in the same order; all wait until their own are done.</summary>
/// <param name="state">Whose buffers are sent, and receive.</param>
/// <param name="collective">The generation's.</param>
/// <param name="checkpoints">Where moves from disk are read.</param>
internal sealed class ShardMover(TrainerState state, ICollective collective, SessionCheckpoints checkpoints)
{
    /// <summary>Bytes that this rank has received so far, and how long it took.</summary>
    public long ReceivedBytes { get; private set; }

    public double Seconds { get; private set; }

    /// <param name="moves">All ranks'.</param>
    /// <param name="incoming">Where received moments go.</param>
    public void Run(IEnumerable<ShardMove> moves, Moments incoming)
    {
        var begin = Stopwatch.GetTimestamp();
        var transfers = new List<IBulkTransfer>();
        foreach (var move in moves)
        {
            if (move.From == collective.Rank && move.To == collective.Rank)
                checkpoints.ReadMoments(move.Range, incoming.Slice(move.Range));
            else if (move.From == collective.Rank)
                transfers.AddRange(Outgoing(move).Select(memory => collective.SendBulk(move.To, memory)));
            else if (move.To == collective.Rank)
                transfers.AddRange(Receive(move, incoming));
        }

        foreach (var transfer in transfers)
            collective.Await(transfer);
        Seconds += Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private List<IBulkTransfer> Receive(ShardMove move, Moments incoming)
    {
        ReceivedBytes += (long)move.Range.Length * sizeof(float) * (move.Part == ShardPart.Moments ? state.Optimizer.MomentNames.Count : 1);
        return Memory(move, incoming).Select(memory => collective.ReceiveBulk(move.From, memory)).ToList();
    }

    private IReadOnlyList<Memory<float>> Outgoing(ShardMove move)
    {
        if (!move.FromDisk || move.Part != ShardPart.Moments)
            return Memory(move, state.Moments);
        var read = MomentSegment.Zero(state.Optimizer.MomentNames.Count, move.Range).Values;
        checkpoints.ReadMoments(move.Range, read);
        return read;
    }

    private IReadOnlyList<Memory<float>> Memory(ShardMove move, Moments moments) => move.Part switch
    {
        ShardPart.Gradients => [state.Parameters.Gradients[move.Range.Start..move.Range.End]],
        ShardPart.Weights => [state.Parameters.Weights[move.Range.Start..move.Range.End]],
        ShardPart.Moments => moments.Slice(move.Range),
        _ => throw new ArgumentOutOfRangeException(nameof(move), move.Part, null),
    };
}
