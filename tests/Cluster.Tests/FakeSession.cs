using DyT.Collectives;
using DyT.Runs;
using DyT.Training;

namespace DyT.Cluster.Tests;

/// <summary>A session that "computes" by barriers: as many steps as told, each one committed after everyone was there.</summary>
internal sealed class FakeSession(int steps) : ITrainingSession
{
    private volatile bool _stop;

    public long CommittedStep { get; private set; }

    /// <summary>Called after each step with its number, on the training thread.</summary>
    public Action<long>? AfterStep { get; set; }

    public SessionEnd Run(GenerationPlan plan, ICollective collective, ISessionObserver observer)
    {
        // As the real one does: who is behind takes over the state of who is ahead.
        var all = new byte[8 * plan.WorldSize];
        collective.AllGather(BitConverter.GetBytes(CommittedStep), all);
        CommittedStep = Enumerable.Range(0, plan.WorldSize).Max(r => BitConverter.ToInt64(all, 8 * r));
        while (CommittedStep < steps)
        {
            var flags = new byte[plan.WorldSize];
            collective.AllGather(new[] { _stop ? (byte)1 : (byte)0 }, flags);
            CommittedStep++;
            observer.OnStep(
                new StepMetrics { Step = CommittedStep, Generation = plan.Number, WorldSize = plan.WorldSize, Loss = 1, LearningRate = 1, GradNorm = 1, Tokens = 1, Seconds = 1 },
                new WorkerStatus { Name = plan.Members[collective.Rank].Name, Rank = collective.Rank, Step = CommittedStep, MicroShards = 1, ComputeSeconds = 0, ReduceSeconds = 0, ResidentBytes = 0 });
            AfterStep?.Invoke(CommittedStep);
            if (flags.Contains((byte)1))
                return new SessionEnd(RunOutcome.Stopped, CommittedStep, "stopped");
        }

        return new SessionEnd(RunOutcome.Finished, CommittedStep, "done");
    }

    public void RequestStop() => _stop = true;

    public void Dispose()
    {
    }
}
