using DyT.Collectives;
using DyT.Runs;

namespace DyT.Training;

/// <summary>One worker's training state (weights, optimizer, position) and the loop over its steps. Knows nothing of actors or processes.</summary>
public interface ITrainingSession : IDisposable
{
    /// <summary>The highest committed step: that many updates are in the weights. -1 while there is no whole state (it is on its way from a peer).</summary>
    long CommittedStep { get; }

    /// <summary>
    /// Trains as one member of <paramref name="plan"/>; blocks the calling thread, which computes. Workers that are behind first receive the state of
    /// those that are ahead; an observer receives it while the others go on. Returns when the run has ended, or when all members know the next generation
    /// (<see cref="Offer"/>). When a peer is lost or the collective aborted, the exception (<see cref="PeerLostException"/>,
    /// <see cref="CollectiveAbortedException"/>) passes through, the state stands at <see cref="CommittedStep"/>, and Run may be called again.
    /// </summary>
    RunResult Run(GenerationPlan plan, ICollective collective, ISessionObserver observer);

    /// <summary>Asks, from any thread, that the whole generation finish its step, write a checkpoint and return; one worker's request is enough.</summary>
    void RequestStop();

    /// <summary>From any thread: this worker knows <paramref name="plan"/>, of a later generation. Once all members do, all leave the present one after the same step.</summary>
    void Offer(GenerationPlan plan);

    /// <summary>Writes a checkpoint of the committed state, unless that step has one; returns when it is on disk. Not while <see cref="Run"/> runs.</summary>
    void Save();
}

/// <summary>Why a session's <see cref="ITrainingSession.Run"/> returned.</summary>
public abstract record RunResult(long Step);

/// <summary>The run ended by itself. <see cref="RunOutcome.Failed"/> is not among these: failures are exceptions.</summary>
public sealed record SessionEnd(RunOutcome Outcome, long Step, string Message) : RunResult(Step);

/// <summary>All members know this later generation and go over to it after the step.</summary>
public sealed record HandedOver(long Generation, long Step) : RunResult(Step);

/// <summary>Told of progress on the training thread; must return quickly and not throw.</summary>
public interface ISessionObserver
{
    /// <summary>All members are connected and of one state (an observer's may be on its way): steps begin after <paramref name="step"/>.</summary>
    void OnEntered(long generation, long step);

    /// <summary>An observer's state has arrived and is level with the others'.</summary>
    void OnCaughtUp(long generation, long step);

    /// <summary>How much of an observer's state is here.</summary>
    void OnTransfer(long doneBytes, long totalBytes, double seconds);

    /// <summary>After every committed step. The metrics are the same on all ranks but for <see cref="StepMetrics.Times"/>.</summary>
    void OnStep(StepMetrics metrics, WorkerStatus status);

    /// <summary>The guard took the run back to a checkpoint: steps after <paramref name="step"/> are done again.</summary>
    void OnRolledBack(long step);

    /// <summary>On the rank that wrote it, when a checkpoint is complete on disk.</summary>
    void OnCheckpoint(long step, string path);

    void OnNotice(string message);
}
