namespace DyT.Collectives;

/// <summary>The collective of a generation of one worker.</summary>
public sealed class LocalCollective : ICollective
{
    private readonly FoldPlan _fold;
    private volatile string? _aborted;

    public LocalCollective(GenerationPlan plan)
    {
        if (plan.WorldSize != 1)
            throw new ArgumentException($"a generation of {plan.WorldSize} workers is not local", nameof(plan));
        Plan = plan;
        _fold = FoldPlan.Of(plan);
    }

    public GenerationPlan Plan { get; }

    public int Rank => 0;

    public int WorldSize => 1;

    public bool SharesMemory => false;

    public void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
    {
        ThrowIfBroken();
        Memory<float>[] places = [.. partials];
        _fold.Fold([.. partials], places, result);
    }

    public void ReduceScatter(IReadOnlyList<Memory<float>> partials, int length, Memory<float> slice) => AllReduce(partials, slice);

    public void AllGather(Memory<float> whole) => ThrowIfBroken();

    public void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all)
    {
        ThrowIfBroken();
        own.CopyTo(all);
    }

    public void Broadcast(int root, Memory<byte> data) => ThrowIfBroken();

    public IBulkTransfer SendBulk(int rank, Memory<float> data) => throw new InvalidOperationException("a generation of one worker has no peers");

    public IBulkTransfer ReceiveBulk(int rank, Memory<float> data) => throw new InvalidOperationException("a generation of one worker has no peers");

    public void Await(IBulkTransfer transfer) => throw new InvalidOperationException("a generation of one worker has no peers");

    public void Barrier() => ThrowIfBroken();

    public string Describe() => "alone";

    public void Abort(string reason) => _aborted ??= reason;

    public void Dispose()
    {
    }

    public void ThrowIfBroken()
    {
        if (_aborted is { } reason)
            throw new CollectiveAbortedException(reason);
    }
}
