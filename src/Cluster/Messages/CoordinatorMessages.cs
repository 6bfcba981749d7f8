using DyT.Collectives;

namespace DyT.Cluster.Messages;

/// <summary>Register again, with a proof over this: it shows that the worker knows the secret now, and not that it was recorded once.</summary>
/// <param name="Nonce">Of this coordinator alone, for this worker process, for a short while.</param>
public sealed record RegistrationChallenge(byte[] Nonce) : IControlMessage;

/// <summary>The worker belongs to the run; it may open its session.</summary>
/// <param name="RunFolder">Where checkpoints stand, as the coordinator names it; workers on other machines need the same path on shared storage.</param>
/// <param name="ConfigYaml">The resolved configuration.</param>
/// <param name="LedgerStep">The last step in the run's ledger: later ones are to be reported (again).</param>
public sealed record Welcome(string RunId, string RunFolder, string ConfigYaml, long LedgerStep) : IControlMessage;

/// <summary>The worker does not belong to the run and must end.</summary>
public sealed record Refused(string Reason) : IControlMessage;

/// <summary>The answer to <see cref="WorkerAlive"/>.</summary>
public sealed record Heard(long LedgerStep) : IControlMessage;

/// <summary>The answer to <see cref="WorkerAlive"/> of somebody who is not registered here: register (again).</summary>
public sealed record NotRegistered : IControlMessage;

/// <summary>Train as a member of this generation; any earlier one is over.</summary>
public sealed record StartGeneration(GenerationPlan Plan) : IControlMessage;

/// <summary>
/// Go over to this generation after the step in which all members of the present one know it; whoever is in none now connects at once. Without members:
/// let go, and save a checkpoint.
/// </summary>
public sealed record NextGeneration(GenerationPlan Plan) : IControlMessage;

/// <summary>Give up this generation and all before it: <see cref="AbortReceived"/> at once, <see cref="GenerationFailed"/> when the session has let go.</summary>
public sealed record AbortGeneration(long Number, string Reason) : IControlMessage;

/// <summary>Finish the step, write a checkpoint, end.</summary>
public sealed record StopRun : IControlMessage;

/// <summary>Whoever wanted to leave may: nothing depends on it any more.</summary>
public sealed record Leave : IControlMessage;

/// <summary>The run is over: exit.</summary>
public sealed record Shutdown : IControlMessage;
