using System.Diagnostics;

namespace DyT.Runs.Tracing;

/// <summary>
/// One worker's spans, streamed to a file of its own: any thread records, which costs a lock and a few stores; a thread of the recorder's own writes. Memory and
/// the file are bounded. What a killed worker recorded up to half a second before is on disk, and readable.
/// </summary>
public sealed class TraceRecorder : IDisposable
{
    /// <summary>So many spans are kept, the first ones: some 100 bytes each in the file. A step of 8 micro-shards and 10 buckets has about 60.</summary>
    public const int MostSpans = 250_000;

    private const int Capacity = 8192; // spans between two writes
    private static readonly TimeSpan FlushInterval = TimeSpan.FromMilliseconds(500);

    private readonly object _lock = new(); // guards the fields down to _closed; pulsed when half full and at the end
    private TraceEntry[] _filling = new TraceEntry[Capacity];
    private TraceEntry[] _spare = new TraceEntry[Capacity];
    private int _count;
    private long _room;
    private bool _overflowed;
    private bool _closed;
    private readonly TraceWriter _writer;
    private readonly Thread _thread;
    private readonly PauseListener _pauses;

    private TraceRecorder(TraceWriter writer, long mostSpans)
    {
        _writer = writer;
        _room = mostSpans;
        _thread = new Thread(Write) { IsBackground = true, Name = "trace writer" };
        _thread.Start();
        _pauses = new PauseListener((name, begin, end) => Span(TraceTrack.Pauses, name, begin, end));
    }

    /// <summary>Begins a worker's part of the run's trace.</summary>
    /// <param name="folder">The run's.</param>
    /// <param name="worker">Its name; a worker that is started again gets one more file.</param>
    /// <param name="log">Told when the file cannot be written: training goes on without.</param>
    /// <param name="mostSpans">Later ones are left out.</param>
    /// <returns>Null when the file cannot be made.</returns>
    public static TraceRecorder? Start(RunFolder folder, string worker, Action<string> log, long mostSpans = MostSpans)
    {
        try
        {
            return new TraceRecorder(TraceWriter.Create(folder.TraceParts, worker, log), mostSpans);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log($"no trace is written: {e.Message.TrimEnd('.')}");
            return null;
        }
    }

    /// <summary>Records a span; from any thread.</summary>
    /// <param name="track">Its row. Spans of one row nest or follow each other.</param>
    /// <param name="name">A constant text.</param>
    /// <param name="begin">By <see cref="Stopwatch.GetTimestamp"/>.</param>
    /// <param name="end">As <paramref name="begin"/>.</param>
    /// <param name="number">Step, bucket or micro-shard; -1 for none.</param>
    public void Span(TraceTrack track, string name, long begin, long end, long number = -1) => Add(new TraceEntry(track, name, begin, end, number));

    /// <summary>As above, until now.</summary>
    public void SpanSince(TraceTrack track, string name, long begin, long number = -1) => Span(track, name, begin, Stopwatch.GetTimestamp(), number);

    /// <summary>A step that ends now, with what it allocated and how long the collector held it. On the thread that began it.</summary>
    public void Step(long step, in StepProbe probe) => Add(new TraceEntry(TraceTrack.Steps, TraceEvent.Step, probe.Begin, Stopwatch.GetTimestamp(), step)
    {
        Allocated = GC.GetAllocatedBytesForCurrentThread() - probe.Allocated,
        ProcessAllocated = GC.GetTotalAllocatedBytes() - probe.ProcessAllocated,
        Paused = GC.GetTotalPauseDuration() - probe.Paused,
    });

    /// <summary>Writes what is left. Spans of later are lost.</summary>
    public void Dispose()
    {
        _pauses.Dispose();
        lock (_lock)
        {
            _closed = true;
            Monitor.Pulse(_lock);
        }

        _thread.Join();
    }

    private void Add(in TraceEntry entry)
    {
        lock (_lock)
        {
            if (_closed || _room == 0 || _count == Capacity)
            {
                _overflowed |= !_closed;
                return;
            }

            _filling[_count++] = entry;
            _room--;
            if (_count == Capacity / 2)
                Monitor.Pulse(_lock);
        }
    }

    private void Write()
    {
        using (_writer)
        {
            for (var last = false; !last;)
            {
                int count;
                bool overflowed;
                lock (_lock)
                {
                    if (!_closed && _count < Capacity / 2)
                        Monitor.Wait(_lock, FlushInterval);
                    (_filling, _spare) = (_spare, _filling);
                    (count, _count) = (_count, 0);
                    (overflowed, _overflowed) = (_overflowed, false);
                    last = _closed;
                }

                _writer.Write(_spare.AsSpan(0, count), overflowed);
            }
        }
    }
}

/// <summary>How things stood when a step began, on the thread that computes it.</summary>
public readonly record struct StepProbe(long Begin, long Allocated, long ProcessAllocated, TimeSpan Paused)
{
    public static StepProbe Now() => new(Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes(), GC.GetTotalPauseDuration());
}
