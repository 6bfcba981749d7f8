using DyT.Collectives;

namespace DyT.Training.Tests.Gradients;

/// <summary>Passes everything on to another collective; what is overridden is where a test looks or breaks.</summary>
internal abstract class DelegatingCollective(ICollective inner) : ICollective
{
    public GenerationPlan Plan => inner.Plan;

    public int Rank => inner.Rank;

    public int WorldSize => inner.WorldSize;

    public virtual bool SharesMemory => inner.SharesMemory;

    public virtual void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result) => inner.AllReduce(partials, result);

    public void ReduceScatter(IReadOnlyList<Memory<float>> partials, int length, Memory<float> slice) => inner.ReduceScatter(partials, length, slice);

    public virtual void AllGather(Memory<float> whole) => inner.AllGather(whole);

    public virtual void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all) => inner.AllGather(own, all);

    public void Broadcast(int root, Memory<byte> data) => inner.Broadcast(root, data);

    public virtual IBulkTransfer SendBulk(int rank, Memory<float> data) => inner.SendBulk(rank, data);

    public IBulkTransfer ReceiveBulk(int rank, Memory<float> data) => inner.ReceiveBulk(rank, data);

    public void Await(IBulkTransfer transfer) => inner.Await(transfer);

    public virtual void Barrier() => inner.Barrier();

    public string Describe() => inner.Describe();

    public void ThrowIfBroken() => inner.ThrowIfBroken();

    public virtual void Abort(string reason) => inner.Abort(reason);

    public void Dispose() => inner.Dispose();
}
