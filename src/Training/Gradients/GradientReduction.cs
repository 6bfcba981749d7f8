using System.Diagnostics;
using DyT.Collectives;
using DyT.Model;
using DyT.Runs.Tracing;

namespace DyT.Training.Gradients;

/// <summary>
/// One generation's reduction of the flat gradient buffer, bucket by bucket, in the same order on every rank whatever is ready where. With a
/// <see cref="CommunicationThread"/> each bucket goes as soon as backward has left it, while backward goes on; without, all go when it is over.
/// </summary>
/// <remarks>
/// Between <see cref="Begin"/> and <see cref="Complete"/> the collective and the accumulator belong to the reduction, and of the gradient buffer the buckets
/// that were allowed. Whatever goes wrong, no work is left on the thread when <see cref="Complete"/> or <see cref="CommunicationThread.Abandon"/> returns.
/// </remarks>
public sealed class GradientReduction : IStepProgress
{
    private readonly ICollective _collective;
    private readonly GradientAccumulator _accumulator;
    private readonly Memory<float> _gradients;
    private readonly IReadOnlyList<(int Start, int Count)> _buckets;
    private readonly int[] _readyAfter; // by mark: buckets
    private readonly CommunicationThread? _thread;
    private readonly TraceRecorder? _trace;
    private readonly Action<int> _reduce;
    private long _busy; // ticks of the step; written by whoever reduces, read after it

    /// <param name="collective">The generation's.</param>
    /// <param name="accumulator">Brings this worker's partial sums.</param>
    /// <param name="gradients">Receives everyone's sums; the last leaf may stand there before.</param>
    /// <param name="buckets">Pieces of it, in the order in which they are reduced.</param>
    /// <param name="readyAfter">By <see cref="BucketReadiness"/>.</param>
    /// <param name="thread">Null to reduce on the caller's thread.</param>
    /// <param name="trace">Takes down each bucket's time.</param>
    public GradientReduction(
        ICollective collective, GradientAccumulator accumulator, Memory<float> gradients, IReadOnlyList<(int Start, int Count)> buckets, int[] readyAfter, CommunicationThread? thread,
        TraceRecorder? trace = null)
    {
        _collective = collective;
        _accumulator = accumulator;
        _gradients = gradients;
        _buckets = buckets;
        _readyAfter = readyAfter;
        _thread = thread;
        _trace = trace;
        _reduce = Reduce;
    }

    /// <summary>What the last micro-shard's backward tells of itself; null when it need not.</summary>
    public IStepProgress? Progress => _thread is null ? null : this;

    /// <summary>Of the last step's buckets; none without peers.</summary>
    public CommunicationTime Time { get; private set; }

    /// <summary>Before the last micro-shard's backward, or when there is none; all leaves were added, the last one's values may be missing.</summary>
    public void Begin()
    {
        _busy = 0;
        _thread?.Begin(_buckets.Count, _reduce);
    }

    public void OnFinal(int mark) => _thread?.Allow(_readyAfter[mark]);

    /// <summary>All gradients are final: returns when the buffer holds everyone's sums, and throws what a collective threw.</summary>
    public void Complete()
    {
        var start = Stopwatch.GetTimestamp();
        if (_thread is not null)
        {
            _thread.Complete();
        }
        else
        {
            for (var bucket = 0; bucket < _buckets.Count; bucket++)
                Reduce(bucket);
        }

        Time = _collective.WorldSize > 1 ? CommunicationTime.Of(_busy, Stopwatch.GetTimestamp() - start) : default;
    }

    private void Reduce(int bucket)
    {
        var begin = Stopwatch.GetTimestamp();
        var (start, count) = _buckets[bucket];
        _collective.AllReduce(_accumulator.Finish(start, count), _gradients.Slice(start, count));
        var end = Stopwatch.GetTimestamp();
        _busy += end - begin;
        _trace?.Span(TraceTrack.Reduction, "bucket", begin, end, bucket);
    }
}
