using DyT.Collectives;
using DyT.Runs;

namespace DyT.Training.Tests.Session;

/// <summary>A member is lost at the very step that the guard refuses.</summary>
public sealed class GuardBreakTests
{
    // A limit so tight that the usual noise of the loss counts as a spike; without checkpoints a rollback is a return to the beginning.
    private const string Guarded =
        "model.dropout=0 guard.action=rollback guard.loss_spike=1.0001 guard.window=3 optimizer.lr=0.3 guard.max_interventions=100 train.eval_every=0 checkpoint.every=0";

    [Theory]
    [InlineData("")]
    [InlineData("optimizer.sharding=zero1")]
    public void Those_who_refused_it_and_those_who_did_not_come_to_it_agree_again(string sharding)
    {
        using var alone = new TestRun(Guarded);
        using (var session = alone.Open())
            Assert.Equal(RunOutcome.Finished, alone.Run(session).Outcome);
        var refused = (int)alone.Steps.First(s => s.Skipped is not null).Step;

        using var run = new TestRun($"{Guarded} {sharding}");
        using var members = new Members(run, 2);
        using var judging = new ManualResetEventSlim();
        members.Wrap = (rank, inner) => new Hooked(inner)
        {
            AfterExchange = (hooked, step) =>
            {
                if (step != refused)
                    return;
                if (rank == 0)
                {
                    judging.Set();
                    return;
                }

                judging.Wait(TimeSpan.FromSeconds(30)); // the first knows the losses, and will refuse the step
                hooked.Break();
            },
        };
        Assert.All(members.Attempt(members.Plan(1, ShardRange.Even(4, 2))).Failures, Assert.NotNull);
        members.Wrap = null;

        members.Run(members.Plan(2, ShardRange.Even(4, 2)));
        Assert.Single(members.Sessions.Select(s => s.WeightsHash()).Distinct());
        Assert.Equal(alone.WeightsHash, run.WeightsHash);
    }
}
