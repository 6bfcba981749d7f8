using System.Text.Json;
using System.Text.Json.Serialization;

namespace DyT.Runs;

/// <summary>
/// What the coordinator tells whoever started it: one JSON object per line on its standard output (logs go to standard error).
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "event")]
[JsonDerivedType(typeof(CoordinatorReady), "coordinator_ready")]
[JsonDerivedType(typeof(RosterChanged), "roster")]
[JsonDerivedType(typeof(GenerationFormed), "generation")]
[JsonDerivedType(typeof(StepCommitted), "step")]
[JsonDerivedType(typeof(WorkerReported), "worker")]
[JsonDerivedType(typeof(CheckpointWritten), "checkpoint")]
[JsonDerivedType(typeof(StateTransferred), "transfer")]
[JsonDerivedType(typeof(Notice), "notice")]
[JsonDerivedType(typeof(RunEnded), "ended")]
public abstract record RunEvent
{
    public string ToJson() => JsonSerializer.Serialize(this, RunJson.Options);

    /// <summary>Null when the line is not an event.</summary>
    public static RunEvent? TryParse(string line)
    {
        try
        {
            var e = JsonSerializer.Deserialize<RunEvent>(line, RunJson.Options);
            return e is not null && e.IsWhole() ? e : null;
        }
        catch (Exception e) when (e is JsonException or NotSupportedException or ArgumentException)
        {
            // ArgumentException: half a surrogate pair, as at the end of a line that was cut.
            return null;
        }
    }

    // The serializer's check for null does not reach into lists.
    private bool IsWhole() => this switch
    {
        RosterChanged roster => !roster.Workers.Contains(null!),
        GenerationFormed formed => !formed.Members.Contains(null!),
        _ => true,
    };
}

/// <summary>The control plane listens at host:port; workers may be started.</summary>
public sealed record CoordinatorReady(string Host, int Port) : RunEvent;

/// <summary>Names of the registered workers, and how many the run waits for.</summary>
public sealed record RosterChanged(IReadOnlyList<string> Workers, int MinWorkers) : RunEvent;

/// <summary>A generation was formed; members in rank order.</summary>
public sealed record GenerationFormed(long Number, IReadOnlyList<string> Members, IReadOnlyList<int> MicroShards, string Reason) : RunEvent;

public sealed record StepCommitted(StepMetrics Metrics) : RunEvent;

public sealed record WorkerReported(WorkerStatus Status) : RunEvent;

public sealed record CheckpointWritten(long Step, string Path) : RunEvent;

/// <summary>How much of a joiner's state has come from its peers.</summary>
public sealed record StateTransferred(string Worker, long DoneBytes, long TotalBytes, double Seconds) : RunEvent;

/// <summary>Something a person should know; one sentence.</summary>
public sealed record Notice(string Message) : RunEvent;

/// <summary>The run is over; the coordinator exits after it.</summary>
public sealed record RunEnded(RunOutcome Outcome, long Step, string Message) : RunEvent;

public enum RunOutcome
{
    /// <summary>All steps done.</summary>
    Finished,

    /// <summary>Stopped early because validation no longer improved.</summary>
    EarlyStopped,

    /// <summary>Stopped on request, with a checkpoint to resume from.</summary>
    Stopped,

    /// <summary>Stopped by the guard (NaN or a loss spike).</summary>
    Guarded,

    /// <summary>Failed; the message says why.</summary>
    Failed,
}
