using DyT.Collectives;
using DyT.Runs;

namespace DyT.Cluster.Messages;

/// <summary>A control message: small, and known to <c>MessageCodecs</c>.</summary>
public interface IControlMessage;

/// <summary>A worker process says who it is, where its data plane listens, and what fixes its bits: first without a challenge, then in answer to one.</summary>
/// <param name="Incarnation">New for every process, so that a restarted worker of the same name is told from the dead one.</param>
/// <param name="Machine">Kind of processor; other kinds may round otherwise.</param>
/// <param name="Build">Identity of the program; workers of one run must have the same.</param>
/// <param name="Challenge">What it answers, see <see cref="RegistrationChallenge"/>; empty: it asks for one.</param>
/// <param name="Proof">HMAC over all of the above by the run's secret, see <see cref="RegistrationProof"/>; empty without a challenge.</param>
public sealed record Register(string Name, string Incarnation, string Host, int DataPort, string Machine, string Build, byte[] Challenge, byte[] Proof) : IControlMessage;

/// <summary>The session is open; the worker can be a member of a generation. Said again to a coordinator that is new.</summary>
/// <param name="CommittedStep">-1: it has no whole state.</param>
/// <param name="HighestGeneration">It refuses this one and earlier ones.</param>
/// <param name="Running">The generation that it is in, connected with all members, if any: a coordinator that is new takes it over.</param>
public sealed record WorkerReady(string Name, string Incarnation, long CommittedStep, long HighestGeneration, GenerationPlan? Running) : IControlMessage;

/// <summary>A sign of life, and what an order that was lost is noticed by.</summary>
/// <param name="RunningGeneration">In it, or about to be; 0: none.</param>
/// <param name="HasEntered">Connected with all its members.</param>
/// <param name="CommittedStep">-1: it has no whole state; <see cref="NoSession"/>: it is still opening its session.</param>
/// <param name="Activity">What its training thread does, in words.</param>
/// <param name="ActivitySeconds">For how long.</param>
/// <param name="RefusedConnections">Turned away by its data plane since it started.</param>
public sealed record WorkerAlive(string Name, string Incarnation, long HighestGeneration, long RunningGeneration, bool HasEntered, long CommittedStep, string Activity, double ActivitySeconds, long RefusedConnections) : IControlMessage
{
    public const long NoSession = -2;
}

/// <summary>Connected with all members, and of one state with them: steps begin after this one.</summary>
public sealed record GenerationEntered(string Name, long Generation, long Step) : IControlMessage;

/// <summary>An observer's state is level with the others'.</summary>
public sealed record CaughtUp(string Name, long Generation, long Step) : IControlMessage;

/// <summary>How much of an observer's state has arrived.</summary>
public sealed record TransferReported(string Name, long DoneBytes, long TotalBytes, double Seconds) : IControlMessage;

/// <summary>Handed over to a generation that this worker is not a member of.</summary>
public sealed record GenerationLeft(string Name, long Generation, long Step) : IControlMessage;

/// <summary>The worker wants to leave after the step (SIGTERM, eviction).</summary>
public sealed record LeaveRequested(string Name, string Incarnation) : IControlMessage;

/// <summary>The lead rank's account of a committed step.</summary>
public sealed record StepReported(StepMetrics Metrics) : IControlMessage;

/// <summary>The guard took the run back: later steps are done again.</summary>
public sealed record RolledBack(long Step) : IControlMessage;

public sealed record StatusReported(WorkerStatus Status) : IControlMessage;

public sealed record CheckpointReported(long Step, string Path) : IControlMessage;

/// <summary>The process lives and has been told of the abort; its session lets go when it next looks up from computing, which may take long.</summary>
public sealed record AbortReceived(string Name, long Generation) : IControlMessage;

/// <summary>The worker has let go of this generation and all before it, because it cannot go on or was told to.</summary>
/// <param name="CommittedStep">Where its state stands; -1: it has no whole state.</param>
/// <param name="LostPeer">Whose connection broke, if one did.</param>
public sealed record GenerationFailed(string Name, long Generation, long CommittedStep, string? LostPeer, string Reason) : IControlMessage;

/// <summary>The run ended by itself on this worker.</summary>
public sealed record SessionEnded(string Name, long Generation, RunOutcome Outcome, long Step, string Message) : IControlMessage;

/// <summary>This worker cannot train at all (bad data, a full disk, ...); the message is for people.</summary>
public sealed record WorkerFailed(string Name, string Message) : IControlMessage;

public sealed record NoticeReported(string Message) : IControlMessage;
