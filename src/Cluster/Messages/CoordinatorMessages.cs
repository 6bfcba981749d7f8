using DyT.Collectives;

namespace DyT.Cluster.Messages;

/// <summary>The worker belongs to the run; it may open its session.</summary>
/// <param name="RunFolder">Where checkpoints stand, as the coordinator names it; workers on other machines need the same path on shared storage.</param>
/// <param name="ConfigYaml">The resolved configuration.</param>
public sealed record Welcome(string RunId, string RunFolder, string ConfigYaml) : IControlMessage;

/// <summary>The worker does not belong to the run and must end.</summary>
public sealed record Refused(string Reason) : IControlMessage;

/// <summary>Train as a member of this generation; any earlier one is over.</summary>
public sealed record StartGeneration(GenerationPlan Plan) : IControlMessage;

/// <summary>Give up this generation: <see cref="AbortReceived"/> at once, <see cref="GenerationFailed"/> when the session has let go.</summary>
public sealed record AbortGeneration(long Number, string Reason) : IControlMessage;

/// <summary>Finish the step, write a checkpoint, end.</summary>
public sealed record StopRun : IControlMessage;

/// <summary>The run is over: leave the cluster and exit.</summary>
public sealed record Shutdown : IControlMessage;
