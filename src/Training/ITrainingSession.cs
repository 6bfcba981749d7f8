using DyT.Collectives;
using DyT.Runs;

namespace DyT.Training;

/// <summary>One worker's training state (weights, optimizer, position) and the loop over its steps. Knows nothing of actors or processes.</summary>
public interface ITrainingSession : IDisposable
{
    /// <summary>The highest committed step: that many updates are in the weights.</summary>
    long CommittedStep { get; }

    /// <summary>
    /// Trains as one member of <paramref name="plan"/> until the run ends; blocks the calling thread, which computes. Workers that are behind first
    /// receive the state of one that is ahead. When a peer is lost or the collective aborted, the exception
    /// (<see cref="PeerLostException"/>, <see cref="CollectiveAbortedException"/>) passes through, the state stands at <see cref="CommittedStep"/>,
    /// and Run may be called again with the next generation.
    /// </summary>
    SessionEnd Run(GenerationPlan plan, ICollective collective, ISessionObserver observer);

    /// <summary>Asks, from any thread, that the whole generation finish its step, write a checkpoint and return; one worker's request is enough.</summary>
    void RequestStop();
}

/// <summary>How a session ended by itself. <see cref="RunOutcome.Failed"/> is not among these: failures are exceptions.</summary>
public sealed record SessionEnd(RunOutcome Outcome, long Step, string Message);

/// <summary>Told of progress on the training thread; must return quickly and not throw.</summary>
public interface ISessionObserver
{
    /// <summary>After every committed step. The metrics are the same on all ranks but for <see cref="StepMetrics.Times"/>.</summary>
    void OnStep(StepMetrics metrics, WorkerStatus status);

    /// <summary>On the rank that wrote it, when a checkpoint is complete on disk.</summary>
    void OnCheckpoint(long step, string path);

    void OnNotice(string message);
}
