using DyT.Collectives;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Data;

namespace DyT.Training.Tests.Session;

public sealed class ElasticTests
{
    private const string NoDropout = "model.dropout=0";

    [Fact]
    public void All_members_leave_after_the_step_in_which_all_know_the_next_generation()
    {
        var expected = TestRun.Straight(NoDropout);
        using var run = new TestRun(NoDropout);
        using var members = new Members(run, 2);
        var next = members.Plan(2, new ShardRange(0, 3), new ShardRange(3, 4));
        members.Runs[0].AfterStep = s => Offer(s, 3, members.Sessions[0], next);
        members.Runs[1].AfterStep = s => Offer(s, 5, members.Sessions[1], next);
        var results = members.Run(members.Plan(1, new ShardRange(0, 1), new ShardRange(1, 4)));
        Assert.All(results, r => Assert.Equal(new HandedOver(2, 6), r)); // the second knows it from step 6 on
        var ends = members.Run(next);
        Assert.All(ends, e => Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(e).Outcome));
        Assert.Equal(expected, run.WeightsHash);
    }

    [Fact]
    public void An_observer_catches_up_while_the_others_train_and_ends_with_their_bits()
    {
        var expected = TestRun.Straight(NoDropout);
        using var run = new TestRun(NoDropout);
        using var members = new Members(run, 3);
        var second = members.Plan(2, new ShardRange(0, 2), new ShardRange(2, 4), new ShardRange(4, 4));
        var third = members.Plan(3, new ShardRange(0, 0), new ShardRange(0, 1), new ShardRange(1, 4));
        members.Runs[0].AfterStep = s => Offer(s, 3, members.Sessions[0], second);
        members.Run(members.Plan(1, new ShardRange(0, 4)));
        members.Runs[0].AfterStep = null;
        // The third begins at step 0, the others are at 4; from 8 on it computes.
        for (var i = 0; i < 3; i++)
        {
            var session = members.Sessions[i];
            members.Runs[i].AfterStep = s => Offer(s, 7, session, third);
        }

        members.Run(second);
        Assert.Single(members.Runs[2].CaughtUp);
        Assert.Equal(8, members.Sessions[2].CommittedStep);
        members.Run(third);
        Assert.Equal(expected, run.WeightsHash);
    }

    [Fact]
    public void An_observer_that_may_keep_no_gradients_gets_the_state_once_more_while_all_stand_still()
    {
        const string Settings = $"{NoDropout} cluster.catch_up_mb=0 train.steps=60 train.eval_every=0";
        var expected = TestRun.Straight(Settings);
        using var run = new TestRun(Settings);
        using var members = new Members(run, 3);
        var first = members.Plan(1, new ShardRange(0, 4));
        var second = members.Plan(2, new ShardRange(0, 2), new ShardRange(2, 4), new ShardRange(4, 4));
        var third = members.Plan(3, new ShardRange(0, 0), new ShardRange(0, 1), new ShardRange(1, 4));
        members.Runs[0].AfterStep = s => Offer(s, 3, members.Sessions[0], second);
        members.Run(first);
        // The third begins at step 0, the others are at 4; when it is level it computes, and all end with its work in their weights.
        for (var i = 0; i < 3; i++)
        {
            var session = members.Sessions[i];
            members.Runs[i].AfterStep = _ =>
            {
                if (members.Runs[2].CaughtUp.Count > 0)
                    session.Offer(third);
            };
        }

        var results = members.Run(second);
        Assert.All(results, r => Assert.Equal(3, Assert.IsType<HandedOver>(r).Generation));
        Assert.Single(members.Runs[2].CaughtUp);
        Assert.Equal(2, Synchronised(members.Runs[0], generation: 2)); // at the start, and when all stood still
        members.Run(third);
        Assert.Equal(expected, run.WeightsHash);
    }

    [Fact]
    public void An_audit_names_the_worker_whose_memory_changed_and_heals_it()
    {
        var expected = TestRun.Straight(NoDropout);
        using var run = new TestRun($"{NoDropout} guard.audit_every=6");
        using var members = new Members(run, 3);
        members.Runs[2].AfterStep = s =>
        {
            if (s.Step == 5)
                members.Sessions[2].Damage();
        };
        members.Run(members.Plan(1, new ShardRange(0, 2), new ShardRange(2, 4), new ShardRange(4, 4)));
        Assert.Contains("w2", Assert.Single(members.Runs[0].Notices), StringComparison.Ordinal);
        Assert.Equal(expected, run.WeightsHash); // it was an observer: its damage reached nobody
        Assert.Single(members.Sessions.Select(s => s.WeightsHash()).Distinct());
    }

    [Theory]
    [InlineData("skip", 12)]
    [InlineData("rollback", 12)]
    public void A_bad_step_is_left_out_and_the_run_goes_on(string action, long last)
    {
        // A limit so tight that the usual noise of the loss counts as a spike.
        using var run = new TestRun($"{NoDropout} guard.action={action} guard.loss_spike=1.0001 guard.window=3 optimizer.lr=0.3 checkpoint.every=2 guard.max_interventions=100 train.eval_every=0");
        using var session = run.Open();
        var end = run.Run(session);
        Assert.Equal((RunOutcome.Finished, last), (end.Outcome, end.Step));
        Assert.Contains(run.Steps, s => s.Skipped is not null);
        Assert.Contains(run.Steps, s => s.Skipped is null);
        if (action == "rollback")
        {
            Assert.NotEmpty(run.RolledBack);
            Assert.Contains(run.Notices, n => n.Contains("rolled back", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Several_workers_roll_back_to_the_same_step_and_end_with_the_bits_of_one()
    {
        const string Settings = $"{NoDropout} guard.action=rollback guard.loss_spike=1.0001 guard.window=3 optimizer.lr=0.3 checkpoint.every=2 guard.max_interventions=100 train.eval_every=0";
        using var alone = new TestRun(Settings);
        using (var session = alone.Open())
            Assert.Equal(RunOutcome.Finished, alone.Run(session).Outcome);
        using var run = new TestRun(Settings);
        using var members = new Members(run, 3);
        // The third observes: what it receives and does not compute must be taken back too.
        var results = members.Run(members.Plan(1, new ShardRange(0, 1), new ShardRange(1, 4), new ShardRange(4, 4)));
        Assert.All(results, r => Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(r).Outcome));
        Assert.NotEmpty(run.RolledBack);
        Assert.Equal(alone.RolledBack, run.RolledBack);
        Assert.Equal(alone.Steps.Select(s => (s.Step, s.Loss, s.Skipped)), run.Steps.Select(s => (s.Step, s.Loss, s.Skipped)));
        Assert.All(members.Runs.Skip(1), r => Assert.Empty(r.RolledBack)); // the lead says it for all
        Assert.Single(members.Sessions.Select(s => s.WeightsHash()).Distinct());
        Assert.Equal(alone.WeightsHash, run.WeightsHash);
    }

    [Fact]
    public void Too_many_bad_steps_stop_the_run()
    {
        using var run = new TestRun($"{NoDropout} guard.action=skip guard.loss_spike=1.1 guard.window=1 guard.max_interventions=3 optimizer.lr=5");
        using var session = run.Open();
        var end = run.Run(session);
        Assert.Equal(RunOutcome.Guarded, end.Outcome);
        Assert.Equal(3, run.Steps.Count(s => s.Skipped is not null));
        Assert.Contains("guard.max_interventions", end.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_told_and_training_goes_on()
    {
        using var run = new TestRun($"{NoDropout} checkpoint.every=3 train.eval_every=0");
        Directory.CreateDirectory(run.Folder.Path);
        File.WriteAllText(run.Folder.Checkpoints, "a file where the folder should be");
        using var session = run.Open();
        run.AfterStep = s =>
        {
            if (s.Step == 8)
                File.Delete(run.Folder.Checkpoints); // room again
        };
        Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        Assert.Contains(run.Notices, n => n.Contains("could not be written", StringComparison.Ordinal));
        Assert.Equal(12, new CheckpointStore(run.Folder.Checkpoints).List()[0].Step);
    }

    [Fact]
    public void Each_step_says_which_samples_it_used()
    {
        using var run = new TestRun(NoDropout);
        using var session = run.Open();
        run.Run(session);
        using var data = SessionData.Open(run.Config, _ => { });
        Assert.All(run.Steps, s => Assert.Equal(DyT.Data.SampleDigest.Format(data.ExpectedDigest(s.Step)), s.Samples));
    }

    private static void Offer(StepMetrics step, long at, DyT.Training.Session.TrainingSession session, GenerationPlan next)
    {
        if (step.Step == at)
            session.Offer(next);
    }

    private static int Synchronised(TestRun run, long generation) =>
        run.Recorder.ToJsonLines().Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(l => l.Contains($"\"synchronise\",\"number\":{generation}", StringComparison.Ordinal));
}
