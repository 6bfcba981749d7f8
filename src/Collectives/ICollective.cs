namespace DyT.Collectives;

/// <summary>
/// Collective operations of one generation. Every rank calls the same operations in the same order with the same sizes, from one thread at a time;
/// each call blocks until this rank's part is done.
/// </summary>
/// <remarks>
/// All operations throw <see cref="PeerLostException"/> as soon as a connection breaks, and <see cref="CollectiveAbortedException"/> after <see cref="Abort"/>;
/// after either, the contents of the output are undefined and the object is of no further use.
/// </remarks>
public interface ICollective : IDisposable
{
    GenerationPlan Plan { get; }

    int Rank { get; }

    int WorldSize { get; }

    /// <summary>Whether all data from and to this rank goes through memory that it shares with its peers.</summary>
    bool SharesMemory { get; }

    /// <summary>
    /// Sums over all micro-shards in the order of the <see cref="CanonicalTree"/>. <paramref name="partials"/> are this rank's sums of the nodes
    /// <c>CanonicalTree.Cover(own range, V)</c>, in that order, all of <paramref name="result"/>'s length. Their contents are used up;
    /// <paramref name="result"/> may be the same memory as one of them.
    /// </summary>
    /// <remarks>
    /// With <c>cluster.wire: bf16</c> peers' partial sums arrive rounded to bf16 over TCP, are added in fp32, and the sum is rounded to bf16 once more: the same bits on all ranks of the generation, but not for
    /// all ways of cutting the micro-shards into ranges.
    /// </remarks>
    void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result);

    /// <summary>As <see cref="AllReduce"/>, but this rank receives its slice alone: <see cref="Slicing.Of"/> of <paramref name="length"/>, the partials' length; its sum is rounded no further.</summary>
    void ReduceScatter(IReadOnlyList<Memory<float>> partials, int length, Memory<float> slice);

    /// <summary>Everyone's slice, by <see cref="Slicing.Of"/>, becomes everyone's <paramref name="whole"/>. Own slice is taken from its place in it.</summary>
    void AllGather(Memory<float> whole);

    /// <summary>Everyone gives equally many bytes; <paramref name="all"/> receives them in rank order. For small records.</summary>
    void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all);

    /// <summary><paramref name="data"/> of <paramref name="root"/> becomes everyone's.</summary>
    void Broadcast(int root, Memory<byte> data);

    /// <summary>
    /// Sends memory to one peer beside the collectives, which go first; returns at once. The peer calls <see cref="ReceiveBulk"/> with as much memory;
    /// several transfers between two ranks arrive in the order in which they were begun.
    /// </summary>
    IBulkTransfer SendBulk(int rank, Memory<float> data);

    /// <summary>Receives what the peer sends by <see cref="SendBulk"/>; returns at once.</summary>
    IBulkTransfer ReceiveBulk(int rank, Memory<float> data);

    /// <summary>Blocks until the transfer is done.</summary>
    void Await(IBulkTransfer transfer);

    /// <summary>Returns when every rank has called it.</summary>
    void Barrier();

    /// <summary>The operation that is going on and the peers that it waits for, in words; from any thread.</summary>
    string Describe();

    /// <summary>Throws what the next operation would throw because a connection broke or of <see cref="Abort"/>; from any thread. For whoever computes for long between two operations.</summary>
    void ThrowIfBroken();

    /// <summary>Breaks all pending and later operations; from any thread, any number of times.</summary>
    void Abort(string reason);
}

/// <summary>Which part of a buffer belongs to which rank.</summary>
public static class Slicing
{
    /// <summary>Rank's slice [start, end) of <paramref name="length"/> elements: sizes differ by at most one alignment unit of 16 elements.</summary>
    public static (int Start, int End) Of(int length, int rank, int worldSize)
    {
        var units = (length + 15) / 16;
        var start = (long)units * rank / worldSize * 16;
        var end = (long)units * (rank + 1) / worldSize * 16;
        return ((int)Math.Min(start, length), (int)Math.Min(end, length));
    }
}

/// <summary>A peer's connection broke: the process died, the network failed, or it sent something that it must not.</summary>
public sealed class PeerLostException(int rank, string name, string reason, Exception? inner = null)
    : Exception($"lost worker {name} (rank {rank}): {reason}", inner)
{
    public int Rank { get; } = rank;

    public string Name { get; } = name;
}

/// <summary>The generation was given up from this side.</summary>
public sealed class CollectiveAbortedException(string reason) : Exception(reason);
