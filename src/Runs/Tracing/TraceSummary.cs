namespace DyT.Runs.Tracing;

/// <summary>What a merged trace says in numbers.</summary>
/// <param name="Path">The file.</param>
/// <param name="Hosts">With more than one, the workers' clocks are set against each other by wall clock.</param>
/// <param name="Workers">One for each process.</param>
public sealed record TraceSummary(string Path, int Hosts, IReadOnlyList<TracedWorker> Workers);

/// <summary>One worker process' part of a trace, summed up.</summary>
public sealed class TracedWorker
{
    private readonly List<long> _allocated = [];
    private readonly List<long> _processAllocated = [];

    public string Name { get; private set; } = "";

    public int Steps => _allocated.Count;

    /// <summary>Managed bytes that the training thread allocated in a step: the median, since the first step also makes what all others use again.</summary>
    public long AllocatedBytes => Median(_allocated);

    /// <summary>Managed bytes that the whole process allocated in a step: the median.</summary>
    public long ProcessAllocatedBytes => Median(_processAllocated);

    /// <summary>How long the collector held the process in all steps.</summary>
    public double PauseMs { get; private set; }

    /// <summary>Pauses, also between steps.</summary>
    public int Pauses { get; private set; }

    public double LongestPauseMs { get; private set; }

    /// <summary>Later spans were left out.</summary>
    public bool IsCut { get; private set; }

    internal void Take(TraceEvent e)
    {
        if (e.Name == TraceEvent.ProcessName)
            Name = e.Args?.Name ?? "";
        IsCut |= e.Name == TraceEvent.Full;
        if (e is { IsSpan: true, Tid: (int)TraceTrack.Steps, Args: { } args })
        {
            _allocated.Add(args.AllocatedBytes ?? 0);
            _processAllocated.Add(args.ProcessAllocatedBytes ?? 0);
            PauseMs += args.PauseMs ?? 0;
        }

        if (e is { IsSpan: true, Tid: (int)TraceTrack.Pauses })
        {
            Pauses++;
            LongestPauseMs = Math.Max(LongestPauseMs, (e.Dur ?? 0) / 1000);
        }
    }

    private static long Median(List<long> values) => values.Count == 0 ? 0 : values.Order().ElementAt(values.Count / 2);
}
