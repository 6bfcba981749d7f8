namespace DyT.Runs;

/// <summary>What the coordinator says of the run when it is asked.</summary>
/// <param name="State">One word or two: waiting, training, regrouping, stopping, over.</param>
/// <param name="Reason">Why the present generation began, or what is waited for.</param>
/// <param name="Goodput">Worker-seconds of committed steps over worker-seconds present, since this coordinator took over; null before the first step.</param>
public sealed record RunStatus(
    string Run,
    string State,
    string Reason,
    long Generation,
    long Step,
    long Steps,
    double? Goodput,
    IReadOnlyList<WorkerState> Workers);

/// <summary>One registered worker.</summary>
/// <param name="Endpoint">Where its peers reach its data plane.</param>
/// <param name="Role">computes, observes, waits, starts or leaves.</param>
/// <param name="Activity">What its training thread does, and for whom it waits.</param>
/// <param name="HeardSeconds">Since its last sign of life.</param>
/// <param name="SecondsPerShard">It computes so long for a micro-shard; null while that is unknown.</param>
/// <param name="RefusedConnections">Turned away by its data plane.</param>
/// <param name="ResidentBytes">Its resident memory; null until it has told of a step.</param>
/// <param name="OptimizerBytes">Optimizer moments among it.</param>
public sealed record WorkerState(
    string Name,
    string Endpoint,
    string Role,
    int MicroShards,
    long? CommittedStep,
    string Activity,
    double ActivitySeconds,
    double HeardSeconds,
    double? SecondsPerShard,
    long RefusedConnections,
    long? ResidentBytes,
    long? OptimizerBytes);

/// <summary>Where a run's coordinator answers questions, and what opens the door; a file in the run's folder that its owner alone can read.</summary>
public sealed record ApiAddress(string Url, string Token);
