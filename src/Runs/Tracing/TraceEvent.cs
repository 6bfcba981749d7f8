using System.Text.Json.Serialization;

namespace DyT.Runs.Tracing;

/// <summary>The rows of a worker's part of the time line, from above.</summary>
public enum TraceTrack
{
    /// <summary>Whole steps.</summary>
    Steps = 1,

    /// <summary>What the thread that computes does.</summary>
    Training,

    /// <summary>Gradient buckets, and with zero1 blocks of weights, on their way over the workers.</summary>
    Reduction,

    /// <summary>Checkpoints on their way to disk.</summary>
    Checkpoints,

    /// <summary>Times in which the runtime held all managed threads.</summary>
    Pauses,
}

/// <summary>
/// One line of a trace, as the Trace Event Format names its fields (Google, "Trace Event Format"; read by Perfetto and chrome://tracing). Times are microseconds.
/// </summary>
/// <param name="Ph">Phase: X, a span; M, a name; i, a moment.</param>
/// <param name="Pid">The worker.</param>
/// <param name="Tid">The track.</param>
/// <param name="Ts">Begin.</param>
/// <param name="Dur">Length of a span.</param>
public sealed record TraceEvent(string Ph, string Name, int Pid, int Tid, double Ts, double? Dur = null, TraceArgs? Args = null)
{
    /// <summary>Names of <see cref="Name"/> that are more than text.</summary>
    public const string Clock = "clock";
    public const string Full = "trace limit reached";
    public const string ProcessName = "process_name";
    public const string ThreadName = "thread_name";
    public const string Step = "step";

    [JsonIgnore]
    public bool IsSpan => Ph == "X";
}

/// <summary>What a trace's viewer shows beside a span.</summary>
public sealed record TraceArgs
{
    /// <summary>Of a process or track.</summary>
    public string? Name { get; init; }

    /// <summary>Step, bucket or micro-shard.</summary>
    public long? Number { get; init; }

    /// <summary>Managed bytes that the training thread allocated in the step.</summary>
    public long? AllocatedBytes { get; init; }

    /// <summary>Managed bytes that all threads of the process allocated in the step.</summary>
    public long? ProcessAllocatedBytes { get; init; }

    /// <summary>How long the collector held the process in the step.</summary>
    public double? PauseMs { get; init; }

    /// <summary>Of <see cref="TraceEvent.Clock"/>: processes that name the same one read the same steady clock.</summary>
    public string? Host { get; init; }

    /// <summary>Of <see cref="TraceEvent.Clock"/>: the wall clock at <see cref="TraceEvent.Ts"/>, since 1970.</summary>
    public double? UnixUs { get; init; }
}
