using System.Diagnostics;
using Akka.Actor;
using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Training;

namespace DyT.Worker;

/// <summary>What a worker process was started for, and the two doors to the parts that it joins.</summary>
public sealed record WorkerJob
{
    public required string Name { get; init; }

    /// <summary>Of the run that it was started for: the name of its folder.</summary>
    public required string RunId { get; init; }

    /// <summary>Why a worker that was started like this one cannot take part in a run of that configuration; null: it can.</summary>
    public Func<string, string?> Disagreement { get; init; } = _ => null;

    /// <summary>Where coordinators' control planes listen: the one that decides and those that stand by.</summary>
    public required IReadOnlyList<Address> Coordinators { get; init; }

    public required Timings Timings { get; init; }

    /// <summary>Where peers reach this worker's data plane.</summary>
    public required string Host { get; init; }

    public required int DataPort { get; init; }

    public required byte[] Secret { get; init; }

    /// <summary>For finding a coordinator at the start.</summary>
    public required Patience Patience { get; init; }

    /// <summary>How long to go on without a coordinator after that.</summary>
    public required TimeSpan OrphanPatience { get; init; }

    /// <summary>Opens the data plane of a generation; with patience when the others may still be busy with a step.</summary>
    public required Func<GenerationPlan, bool, CancellationToken, ICollective> Connect { get; init; }

    /// <summary>Connections that the data plane has turned away.</summary>
    public Func<long> RefusedConnections { get; init; } = () => 0;

    public FlightRecorder Recorder { get; init; } = new();

    public required Func<Welcome, ITrainingSession> OpenSession { get; init; }

    /// <summary>Set to the exit code when there is nothing more to do.</summary>
    public TaskCompletionSource<int> Ended { get; } = new();
}

/// <summary>A time limit that began when it was made.</summary>
public sealed class Patience(TimeSpan limit)
{
    private readonly long _begin = Stopwatch.GetTimestamp();

    public TimeSpan Limit => limit;

    public bool IsOver => Stopwatch.GetElapsedTime(_begin) > limit;
}
