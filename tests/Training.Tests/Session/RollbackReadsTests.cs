using System.Globalization;
using DyT.Collectives;

namespace DyT.Training.Tests.Session;

/// <summary>
/// Whoever goes back to a checkpoint reads it only when no member's writer is at work any more. What a writer does until its worker comes to the meeting stands
/// for it here: a removed checkpoint.
/// </summary>
public sealed class RollbackReadsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("optimizer.sharding=zero1")]
    public void A_rollback_reads_what_stands_when_all_have_met(string sharding)
    {
        const string Guarded =
            "model.dropout=0 guard.action=rollback guard.loss_spike=1.0001 guard.window=3 optimizer.lr=0.3 guard.max_interventions=100 train.eval_every=0 checkpoint.every=1 checkpoint.keep_last=5 checkpoint.keep_best=false";
        using var alone = new TestRun(Guarded);
        using (var session = alone.Open())
            alone.Run(session);
        var newest = alone.RolledBack[0];

        using var run = new TestRun($"{Guarded} {sharding}");
        using var members = new Members(run, 2);
        var refused = false;
        members.Wrap = (rank, inner) => rank != 0 ? inner : new Hooked(inner)
        {
            AfterExchange = (_, step) => refused |= step == newest + 1,
            BeforeBarrier = (_, _) =>
            {
                if (refused)
                    Remove(run, newest); // this one, the lead, has waited for its own writer
                refused = false;
            },
        };
        members.Run(members.Plan(1, ShardRange.Even(4, 2)));
        Assert.Equal(newest - 1, run.RolledBack[0]);
    }

    [Fact]
    public void So_does_a_generation_in_which_nobody_has_the_whole_state()
    {
        using var run = new TestRun("model.dropout=0 optimizer.sharding=zero1 optimizer.replicas=0 checkpoint.every=1 checkpoint.keep_last=5 checkpoint.keep_best=false train.eval_every=0");
        using var members = new Members(run, 3);
        members.Wrap = (_, inner) => new Hooked(inner)
        {
            AfterExchange = (hooked, step) =>
            {
                if (step == 8)
                    hooked.Break();
            },
        };
        Assert.All(members.Attempt(members.Plan(1, ShardRange.Even(4, 3))).Failures, Assert.NotNull);
        members.Sessions[0].Save(); // waits for its writer

        members.Wrap = (rank, inner) => new Hooked(inner)
        {
            BeforeBarrier = (_, number) =>
            {
                if (rank == 1 && number == 1)
                    Remove(run, 7);
            },
        };
        members.Run(members.Plan(2, [0, 2], ShardRange.Even(4, 2)));
        Assert.Equal([6L], run.RolledBack);
    }

    private static void Remove(TestRun run, long step) =>
        Directory.Delete(Path.Combine(run.Folder.Checkpoints, $"step-{step.ToString("D8", CultureInfo.InvariantCulture)}"), recursive: true);
}
