using DyT.Collectives;
using DyT.Training.Tests.Gradients;

namespace DyT.Training.Tests.Session;

/// <summary>Calls a test before or after a member's collective operations, with their number since the generation's start (from 1).</summary>
internal sealed class Hooked(ICollective inner) : DelegatingCollective(inner)
{
    private int _barriers;
    private int _bulks;
    private int _exchanges;
    private bool _reduced;

    public Action<Hooked, int>? BeforeBarrier { get; init; }

    public Action<Hooked, int>? BeforeSendBulk { get; init; }

    /// <summary>A step's votes and losses are here: with the number of the step in the generation.</summary>
    public Action<Hooked, int>? AfterExchange { get; init; }

    /// <summary>Leaves the generation as a killed process does.</summary>
    public void Break()
    {
        Abort("test");
        throw new CollectiveAbortedException("test");
    }

    public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
    {
        base.AllReduce(partials, result);
        _reduced = true;
    }

    public override void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all)
    {
        base.AllGather(own, all);
        if (!_reduced)
            return;
        _reduced = false;
        AfterExchange?.Invoke(this, ++_exchanges);
    }

    public override IBulkTransfer SendBulk(int rank, Memory<float> data)
    {
        BeforeSendBulk?.Invoke(this, ++_bulks);
        return base.SendBulk(rank, data);
    }

    public override void Barrier()
    {
        BeforeBarrier?.Invoke(this, ++_barriers);
        base.Barrier();
    }
}
