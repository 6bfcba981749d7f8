using System.Diagnostics;
using Akka.Actor;
using DyT.Cluster.Messages;
using DyT.Collectives;
using DyT.Training;

namespace DyT.Worker;

/// <summary>What a worker process was started for, and the two doors to the parts that it joins.</summary>
public sealed record WorkerJob
{
    public required string Name { get; init; }

    /// <summary>Where the coordinator's control plane listens.</summary>
    public required Address Coordinator { get; init; }

    /// <summary>Where peers reach this worker's data plane.</summary>
    public required string Host { get; init; }

    public required int DataPort { get; init; }

    public required byte[] Secret { get; init; }

    public required Patience Patience { get; init; }

    public required Func<GenerationPlan, CancellationToken, ICollective> Connect { get; init; }

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
