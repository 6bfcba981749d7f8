using DyT.Runs;

namespace DyT.Cluster.Messages;

/// <summary>A control message: small, and known to <c>MessageCodecs</c>.</summary>
public interface IControlMessage;

/// <summary>First word of a worker process: who it is, where its data plane listens, and what fixes its bits.</summary>
/// <param name="Incarnation">New for every process, so that a restarted worker of the same name is told from the dead one.</param>
/// <param name="Machine">Kind of processor; other kinds may round otherwise.</param>
/// <param name="Build">Identity of the program; workers of one run must have the same.</param>
/// <param name="Proof">HMAC over all of the above by the run's secret, see <see cref="RegistrationProof"/>.</param>
public sealed record Register(string Name, string Incarnation, string Host, int DataPort, string Machine, string Build, byte[] Proof) : IControlMessage;

/// <summary>The session is open; the worker can be a member of a generation.</summary>
public sealed record WorkerReady(string Name, string Incarnation, long CommittedStep) : IControlMessage;

/// <summary>Rank 0's account of a committed step.</summary>
public sealed record StepReported(StepMetrics Metrics) : IControlMessage;

public sealed record StatusReported(WorkerStatus Status) : IControlMessage;

public sealed record CheckpointReported(long Step, string Path) : IControlMessage;

/// <summary>The process lives and has been told of the abort; its session lets go when it next looks up from computing, which may take long.</summary>
public sealed record AbortReceived(string Name, long Generation) : IControlMessage;

/// <summary>The generation cannot go on (or was told to end) on this worker; its state stands at the committed step.</summary>
/// <param name="LostPeer">Whose connection broke, if one did.</param>
public sealed record GenerationFailed(string Name, long Generation, long CommittedStep, string? LostPeer, string Reason) : IControlMessage;

/// <summary>The run ended by itself on this worker.</summary>
public sealed record SessionEnded(string Name, long Generation, RunOutcome Outcome, long Step, string Message) : IControlMessage;

/// <summary>This worker cannot train at all (bad data, a full disk, ...); the message is for people.</summary>
public sealed record WorkerFailed(string Name, string Message) : IControlMessage;

public sealed record NoticeReported(string Message) : IControlMessage;
