using DyT.Collectives;
using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class TrainingSessionTests
{
    [Fact]
    public void A_run_learns_reports_every_step_and_evaluates_when_due()
    {
        using var run = new TestRun("train.steps=60 train.eval_every=20");
        using var session = run.Open();
        Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        Assert.Equal(Enumerable.Range(1, 60).Select(i => (long)i), run.Steps.Select(s => s.Step));
        Assert.Equal([20L, 40, 60], run.Steps.Where(s => s.ValLoss is not null).Select(s => s.Step));
        Assert.True(run.Steps[^1].ValLoss < run.Steps[19].ValLoss && run.Steps[^1].Loss < run.Steps[0].Loss - 0.3);
        Assert.Equal(3, run.Steps[^1].Scalars!.Count);
        Assert.All(run.Steps, s => Assert.True(s.GradNorm > 0 && s.Mfu > 0 && s.Tokens == 8 * 16));
    }

    [Fact]
    public void Evaluations_tell_how_the_sites_stand_and_once_what_that_means()
    {
        using var run = new TestRun("train.steps=400 train.eval_every=100 model.dropout=0");
        using (var session = run.Open())
            run.Run(session);
        var evaluated = run.Steps.Where(s => s.ValLoss is not null).ToList();
        Assert.All(run.Steps.Except(evaluated), s => Assert.Null(s.Sites));
        Assert.All(evaluated, s => Assert.Equal((3, 3, 3), (s.Sites!.InverseRms.Count, s.Sites.Saturation.Count, s.Sites.GammaSpread.Count)));
        Assert.All(evaluated, s => Assert.All(s.Sites!.InverseRms.Values, v => Assert.InRange(v, 1e-3, 1e3)));
        Assert.NotEqual(evaluated[0].Sites!.InverseRms, evaluated[^1].Sites!.InverseRms);
        Assert.Single(run.Notices, n => n.Contains("training tokens per parameter", StringComparison.Ordinal));
    }

    [Fact]
    public void Stopped_and_resumed_it_ends_with_the_same_weights()
    {
        var expected = TestRun.Straight();
        using var run = new TestRun();
        var end = run.RunUntilAfter(5);
        Assert.Equal((RunOutcome.Stopped, 6L), (end.Outcome, end.Step));

        using (var session = run.Open())
        {
            Assert.Equal(6, session.CommittedStep);
            run.Run(session);
        }

        Assert.Equal(expected, run.WeightsHash);
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), run.Steps.Select(s => s.Step));
    }

    [Fact]
    public void A_checkpoint_holds_the_state_of_its_step_though_training_goes_on_while_it_is_copied()
    {
        using var run = new TestRun("checkpoint.every=1 checkpoint.keep_last=20 checkpoint.keep_best=false");
        var hashes = new Dictionary<long, string>();
        using (var session = run.Open())
        {
            run.AfterStep = s => hashes[s.Step] = session.WeightsHash();
            run.Run(session);
        }

        var store = new CheckpointStore(run.Folder.Checkpoints);
        Assert.Equal(12, store.List().Count);
        Assert.All(store.List(), c => Assert.Equal(hashes[c.Step], store.Valid(c.Step, Assert.Fail)!.Manifest.WeightsHash));
        Assert.Equal(12, hashes.Values.Distinct().Count());
    }

    [Fact]
    public void An_aborted_generation_leaves_the_committed_state_and_the_run_goes_on_from_it()
    {
        var expected = TestRun.Straight();
        using var run = new TestRun();
        using var session = run.Open();
        var plan = new GenerationPlan("run", 1, 4, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, 4))]);
        using (var collective = new LocalCollective(plan))
        {
            run.AfterStep = s =>
            {
                if (s.Step == 7)
                    collective.Abort("test");
            };
            Assert.Throws<CollectiveAbortedException>(() => session.Run(plan, collective, run));
        }

        Assert.Equal(7, session.CommittedStep);
        Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        Assert.Equal(expected, run.WeightsHash);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_worker_that_is_behind_gets_the_whole_state_from_one_that_is_ahead(int splitAt)
    {
        // Without dropout: two sessions in one process share libtorch's generator.
        var expected = TestRun.Straight("model.dropout=0");
        using var ahead = new TestRun("model.dropout=0", workers: 2);
        using var behind = new TestRun("model.dropout=0", workers: 2) { Config = ahead.Config };
        using var first = ahead.Open();
        using var second = behind.Open();
        using (var alone = new LocalCollective(new GenerationPlan("run", 1, 4, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, 4))])))
        {
            ahead.AfterStep = s =>
            {
                if (s.Step == splitAt)
                    alone.Abort("the other joins");
            };
            Assert.Throws<CollectiveAbortedException>(() => first.Run(alone.Plan, alone, ahead));
        }

        var identity = new DataPlaneIdentity("run", new byte[32]);
        using var a = new DataPlaneListener("127.0.0.1", 0, identity, new DataPlaneOptions());
        using var b = new DataPlaneListener("127.0.0.1", 0, identity, new DataPlaneOptions());
        var plan = new GenerationPlan("run", 2, 4, [new GenerationMember("w0", "127.0.0.1", a.Port, new ShardRange(0, 3)), new GenerationMember("w1", "127.0.0.1", b.Port, new ShardRange(3, 4))]);
        Exception? failure = null;
        var peer = new Thread(() =>
        {
            try
            {
                using var c = b.Connect(plan, 1, CancellationToken.None);
                second.Run(plan, c, behind);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        peer.Start();
        using (var c = a.Connect(plan, 0, CancellationToken.None))
            Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(first.Run(plan, c, ahead)).Outcome);
        Assert.True(peer.Join(TimeSpan.FromSeconds(30)));
        Assert.Null(failure);
        Assert.Equal(12, second.CommittedStep);
        Assert.Equal(expected, ahead.WeightsHash);
        Assert.Equal(splitAt + 1, behind.Steps[0].Step);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run_with_the_last_good_state()
    {
        using var run = new TestRun("optimizer.lr=1e18 optimizer.clip=0 guard.loss_spike=0 train.eval_every=0");
        using var session = run.Open();
        var end = run.Run(session);
        Assert.Equal(RunOutcome.Guarded, end.Outcome);
        Assert.Contains("micro-shard", end.Message, StringComparison.Ordinal);
        Assert.Equal(end.Step, new CheckpointStore(run.Folder.Checkpoints).NewestValid(Assert.Fail)!.State.Step);
        Assert.All(run.Steps, s => Assert.True(double.IsFinite(s.Loss)));
    }

    [Fact]
    public void Patience_ends_a_run_early()
    {
        using var run = new TestRun("optimizer.lr=1e-12 train.eval_every=1 train.early_stop=2 optimizer.weight_decay=0");
        using var session = run.Open();
        var end = run.Run(session);
        Assert.Equal(RunOutcome.EarlyStopped, end.Outcome);
        Assert.True(end.Step < 12);
    }

    [Fact]
    public void Checkpoints_come_when_due_and_the_best_is_kept()
    {
        using var run = new TestRun("checkpoint.every=5 checkpoint.keep_last=1");
        using (var session = run.Open())
            run.Run(session);
        Assert.Contains(5, run.Checkpoints);
        Assert.Contains(12, run.Checkpoints);
        var kept = new CheckpointStore(run.Folder.Checkpoints).List().Select(c => c.Step).ToList();
        Assert.Contains(12L, kept);
        Assert.True(kept.Count <= 2);
    }

    [Fact]
    public void A_checkpoint_of_another_vocabulary_is_not_resumed()
    {
        using var run = new TestRun();
        using (var session = run.Open())
            run.Run(session);
        using var other = new TestRun("data.tokenizer.kind=bytes") { Folder = run.Folder };
        Assert.Contains("vocabulary", Assert.Throws<UserErrorException>(() => other.Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_and_memory_stay_flat_over_hundreds_of_steps()
    {
        using var run = new TestRun("train.steps=400 train.eval_every=50 model.d_model=32");
        using var session = run.Open();
        var tensors = new List<long>();
        var resident = new List<long>();
        run.AfterStep = s =>
        {
            if (s.Step % 50 == 0)
            {
                // Garbage that the collector has not come to yet is no growth.
                GC.Collect();
                GC.WaitForPendingFinalizers();
                tensors.Add(TorchSharp.torch.Tensor.TotalCount);
                resident.Add(Environment.WorkingSet);
            }
        };
        run.Run(session);
        Assert.Single(tensors.Skip(1).Distinct());
        Assert.True(resident[^1] < resident[2] * 1.05, $"resident memory grew: {string.Join(", ", resident.Select(r => r >> 20))} MiB");
    }
}
