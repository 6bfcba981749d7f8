using DyT.Collectives;
using DyT.Runs;
using DyT.Training;

namespace DyT.Cluster.Tests;

/// <summary>A session that "computes" by barriers: as many steps as told, each one committed after everyone was there.</summary>
internal sealed class FakeSession(int steps) : ITrainingSession
{
    private volatile bool _stop;
    private long _offered;

    public long CommittedStep { get; private set; }

    /// <summary>Called after each step with its number, on the training thread.</summary>
    public Action<long>? AfterStep { get; set; }

    public RunResult Run(GenerationPlan plan, ICollective collective, ISessionObserver observer)
    {
        // As the real one does: who is behind takes over the state of who is ahead.
        var all = new byte[8 * plan.WorldSize];
        collective.AllGather(BitConverter.GetBytes(CommittedStep), all);
        CommittedStep = Enumerable.Range(0, plan.WorldSize).Max(r => BitConverter.ToInt64(all, 8 * r));
        observer.OnEntered(plan.Number, CommittedStep);
        if (plan.Members[collective.Rank].IsObserver)
            observer.OnCaughtUp(plan.Number, CommittedStep);
        while (CommittedStep < steps)
        {
            var votes = new byte[16 * plan.WorldSize];
            collective.AllGather((byte[])[.. BitConverter.GetBytes(_stop ? 1L : 0), .. BitConverter.GetBytes(Interlocked.Read(ref _offered))], votes);
            long Vote(int rank, int field) => BitConverter.ToInt64(votes, (16 * rank) + (8 * field));
            CommittedStep++;
            observer.OnStep(
                new StepMetrics { Step = CommittedStep, Generation = plan.Number, WorldSize = plan.WorldSize, Loss = 1, LearningRate = 1, GradNorm = 1, Tokens = 1, Seconds = 1 },
                new WorkerStatus { Name = plan.Members[collective.Rank].Name, Rank = collective.Rank, Step = CommittedStep, MicroShards = 1, ComputeSeconds = 0, ReduceSeconds = 0, ResidentBytes = 0 });
            AfterStep?.Invoke(CommittedStep);
            if (Enumerable.Range(0, plan.WorldSize).Any(r => Vote(r, 0) == 1))
                return new SessionEnd(RunOutcome.Stopped, CommittedStep, "stopped");
            if (Vote(0, 1) > plan.Number && Enumerable.Range(0, plan.WorldSize).All(r => Vote(r, 1) == Vote(0, 1)))
                return new HandedOver(Vote(0, 1), CommittedStep);
        }

        return new SessionEnd(RunOutcome.Finished, CommittedStep, "done");
    }

    public void RequestStop() => _stop = true;

    public void Offer(GenerationPlan plan) => Interlocked.Exchange(ref _offered, plan.Number);

    public void Save()
    {
    }

    public void Dispose()
    {
    }
}
