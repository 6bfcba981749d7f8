using System.Diagnostics;
using DyT.Runs;
using DyT.Runs.Tracing;

namespace DyT.Training.Session;

/// <summary>Adds up the wall time of a step's phases on the thread that computes, and puts each into the trace.</summary>
internal sealed class PhaseClock(TraceRecorder? trace)
{
    public double Data;
    public double Forward;
    public double Backward;
    public double Reduce;
    public double Optimizer;
    private long _last;

    public StepTimes Times => new() { Data = Data, Forward = Forward, Backward = Backward, Reduce = Reduce, Optimizer = Optimizer };

    public void Start()
    {
        Data = Forward = Backward = Reduce = Optimizer = 0;
        _last = Stopwatch.GetTimestamp();
    }

    /// <summary>What has passed since the last call belongs to <paramref name="phase"/>.</summary>
    /// <param name="phase">One of the sums above.</param>
    /// <param name="name">In the trace.</param>
    public void Lap(ref double phase, string name)
    {
        var now = Stopwatch.GetTimestamp();
        phase += Stopwatch.GetElapsedTime(_last, now).TotalSeconds;
        trace?.Span(TraceTrack.Training, name, _last, now);
        _last = now;
    }
}
