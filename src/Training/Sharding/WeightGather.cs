using System.Diagnostics;
using DyT.Collectives;
using DyT.Model;
using DyT.Runs.Tracing;
using DyT.Training.Gradients;
using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>
/// One generation's gathering of updated weights, block by block from the front of the buffer, in the same order on every rank. With a <see cref="CommunicationThread"/> it
/// goes on while the next step's forward follows it; without, it is over when it has begun.
/// </summary>
/// <remarks>
/// Between <see cref="Begin"/> and <see cref="Complete"/> the collective belongs to it, and of the weights those that have not been awaited. That it is complete on one rank shows
/// that all have begun it, and so have updated their pieces.
/// </remarks>
internal sealed class WeightGather
{
    private readonly ICollective _collective;
    private readonly Memory<float> _weights;
    private readonly IReadOnlyList<FlatRange> _blocks;
    private readonly int[] _neededBy; // by mark: blocks, from the first
    private readonly CommunicationThread? _thread;
    private readonly TraceRecorder? _trace;
    private readonly Action<int> _gather;
    private long _busy; // ticks; written by whoever gathers, read after it is complete
    private long _waited; // ticks of the training thread

    /// <param name="collective">The generation's.</param>
    /// <param name="weights">All; the own slices of the blocks are updated already.</param>
    /// <param name="blocks">By <see cref="PieceLayout.Blocks"/>.</param>
    /// <param name="neededBy">By <see cref="BlocksNeeded"/>.</param>
    /// <param name="thread">Null to gather on the caller's thread.</param>
    /// <param name="trace">Takes down each block's time.</param>
    public WeightGather(ICollective collective, Memory<float> weights, IReadOnlyList<FlatRange> blocks, int[] neededBy, CommunicationThread? thread, TraceRecorder? trace)
    {
        _collective = collective;
        _weights = weights;
        _blocks = blocks;
        _neededBy = neededBy;
        _thread = thread;
        _trace = trace;
        _gather = Gather;
    }

    /// <summary>Whether it was begun and may still go on.</summary>
    public bool IsPending { get; private set; }

    public void Begin()
    {
        (IsPending, _busy, _waited) = (_thread is not null, 0, 0);
        if (_thread is null)
        {
            var begin = Stopwatch.GetTimestamp();
            for (var block = 0; block < _blocks.Count; block++)
                Gather(block);
            _waited = Stopwatch.GetTimestamp() - begin;
            return;
        }

        _thread.Begin(_blocks.Count, _gather);
        _thread.Allow(_blocks.Count);
    }

    /// <summary>Returns when all weights are here that forward reads at this mark (of <see cref="GradientMarks"/>), and throws what a collective threw.</summary>
    public void Await(int mark)
    {
        if (!IsPending)
            return;
        var begin = Stopwatch.GetTimestamp();
        if (_thread!.Await(_neededBy[mark]))
            Waited(begin);
    }

    /// <summary>Returns when all weights are here, and throws what a collective threw. What it took; nothing when none was begun since the last call.</summary>
    public CommunicationTime Complete()
    {
        if (IsPending)
        {
            var begin = Stopwatch.GetTimestamp();
            _thread!.Complete();
            Waited(begin);
        }

        IsPending = false;
        var time = _collective.WorldSize > 1 ? CommunicationTime.Of(_busy, _waited) : default;
        (_busy, _waited) = (0, 0);
        return time;
    }

    private void Waited(long begin)
    {
        _waited += Stopwatch.GetTimestamp() - begin;
        _trace?.SpanSince(TraceTrack.Training, "wait: weights", begin);
    }

    private void Gather(int block)
    {
        var begin = Stopwatch.GetTimestamp();
        _collective.AllGather(_weights[_blocks[block].Start.._blocks[block].End]);
        var end = Stopwatch.GetTimestamp();
        // What was lent is only good for sure when its owner is heard once more: had it left this generation meanwhile, it might have been of a later step.
        if (block == _blocks.Count - 1)
            _collective.Barrier();
        _busy += Stopwatch.GetTimestamp() - begin;
        _trace?.Span(TraceTrack.Reduction, "weights", begin, end, block);
    }
}
