using System.Collections.Concurrent;
using DyT.Collectives;
using DyT.Collectives.Tcp;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Session;
using DyT.Training.Sharding;
using DyT.Training.Tests.Gradients;
using DyT.Training.Tests.Session;

namespace DyT.Training.Tests.Sharding;

/// <summary>Sessions with optimizer state in pieces, against one worker that holds everything.</summary>
public sealed class ShardedSessionTests
{
    private const string NoDropout = "model.dropout=0";
    private const string Sharded = $"{NoDropout} optimizer.sharding=zero1 cluster.overlap=always";
    private static readonly Lazy<(string Weights, string Optimizer)> Expected = new(() =>
    {
        using var run = new TestRun(NoDropout);
        using (var session = run.Open())
            run.Run(session);
        return Content(run);
    });

    /// <summary>Hashes of the newest checkpoint's weights and moments.</summary>
    private static (string Weights, string Optimizer) Content(TestRun run)
    {
        var manifest = new CheckpointStore(run.Folder.Checkpoints).NewestValid(Assert.Fail)!.Manifest;
        return (manifest.WeightsHash, manifest.Files.Single(f => f.Name == Checkpoint.OptimizerName).Sha256);
    }

    /// <summary>A first generation of three that all leave because the second does.</summary>
    private static void Break(Members members, int step, BreakPoint at)
    {
        members.Wrap = (rank, inner) => rank == 1 ? new Breaking(inner, step, at) : inner;
        Assert.All(members.Attempt(Even(members, 1, 0, 1, 2)).Failures, Assert.NotNull);
        members.Wrap = null;
    }

    private static GenerationPlan Even(Members members, long number, params int[] who) => members.Plan(number, who, ShardRange.Even(4, who.Length));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(4, 2)]
    public void Any_number_of_workers_ends_with_the_weights_and_moments_of_one_that_holds_everything(int workers, int replicas)
    {
        using var run = new TestRun($"{Sharded} optimizer.replicas={replicas} guard.audit_every=5 checkpoint.every=5");
        using var members = new Members(run, workers);
        members.Run(Even(members, 1, [.. Enumerable.Range(0, workers)]));
        Assert.Equal(Expected.Value, Content(run));
        Assert.Empty(run.Notices);
        var whole = 2L * sizeof(float) * members.Sessions[0].Elements;
        Assert.Equal(whole * (Math.Min(workers, replicas + 1)), members.Sessions.Sum(s => s.OptimizerBytes));
        Assert.All(members.Sessions, s => Assert.InRange(s.OptimizerBytes, 0, whole * (replicas + 1) / workers + 1024));
    }

    private const string Large = "model.layers=3 model.d_model=64"; // of several blocks
    private static readonly DataPlaneOptions Lending = new() { LendBytes = 64 }; // as of models that are larger still

    [Theory]
    [InlineData(2, 0, "train.micro_batch=2")]
    [InlineData(3, 1, "train.micro_batch=2")]
    [InlineData(4, 1, "train.micro_batch=2 train.recompute=block")]
    [InlineData(2, 1, "cluster.overlap=never")]
    [InlineData(3, 1, "train.products=bf16")]
    public void Weights_that_arrive_during_forward_are_those_of_one_that_holds_everything(int workers, int replicas, string setting)
    {
        using var straight = new TestRun($"{NoDropout} {Large} {setting}");
        using (var session = straight.Open())
            straight.Run(session);
        using var run = new TestRun($"{Sharded} {Large} {setting} optimizer.replicas={replicas}");
        using var members = new Members(run, workers, Lending);
        var gathers = new ConcurrentBag<string?>();
        members.Wrap = (_, inner) => new Watching(inner, gathers);
        members.Run(Even(members, 1, [.. Enumerable.Range(0, workers)]));
        Assert.Equal(Content(straight), Content(run));
        Assert.True(gathers.Count > 2 * 12 * workers, $"{gathers.Count} gathers are not several in each step");
        Assert.All(gathers, name => Assert.Equal(setting == "cluster.overlap=never", name != "communication"));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), run.Steps.Select(s => s.Step));
        Assert.All(run.Steps, s => Assert.True(s.Times.Communication > 0));
        if (setting == "cluster.overlap=never")
            Assert.All(run.Steps, s => Assert.Equal(0, s.Times.Hidden));
    }

    /// <summary>Takes down which threads gather weights.</summary>
    private sealed class Watching(ICollective inner, ConcurrentBag<string?> threads) : DelegatingCollective(inner)
    {
        public override void AllGather(Memory<float> whole)
        {
            threads.Add(Thread.CurrentThread.Name);
            base.AllGather(whole);
        }
    }

    [Theory]
    [InlineData(1, new[] { 0, 2 })]
    [InlineData(4, new[] { 0, 1 })]
    [InlineData(4, new[] { 1, 2, 0 })]
    public void A_break_in_the_midst_of_arriving_weights_loses_nothing(int block, int[] survivors)
    {
        using var straight = new TestRun($"{NoDropout} {Large}");
        using (var session = straight.Open())
            straight.Run(session);
        using var run = new TestRun($"{Sharded} {Large}");
        using var members = new Members(run, 3, Lending);
        var blocks = new PieceLayout(members.Sessions[0].Elements, 3, 1).Blocks.Count;
        Assert.True(blocks > 4);
        members.Wrap = (rank, inner) => rank == 1 ? new Breaking(inner, 5 * blocks + block, BreakPoint.AfterGather) : inner; // that of step 6 has begun
        Assert.All(members.Attempt(Even(members, 1, 0, 1, 2)).Failures, Assert.NotNull);
        members.Wrap = null;
        Assert.All(members.Sessions, s => Assert.Equal(6, s.CommittedStep));
        members.Run(Even(members, 2, survivors));
        Assert.Equal(Content(straight), Content(members.Runs[survivors[0]]));
        Assert.All(members.Runs, r => Assert.Empty(r.RolledBack));
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), survivors.SelectMany(s => members.Runs[s].Steps).Select(s => s.Step).Distinct().Order());
    }

    [Fact]
    public void Without_moments_there_is_nothing_to_shard_and_the_weights_are_the_same()
    {
        using var straight = new TestRun($"{NoDropout} optimizer.kind=sgd optimizer.beta1=0");
        using (var session = straight.Open())
            straight.Run(session);
        using var run = new TestRun($"{Sharded} optimizer.kind=sgd optimizer.beta1=0");
        using var members = new Members(run, 2);
        members.Run(Even(members, 1, 0, 1));
        Assert.Equal(Content(straight), Content(run));
    }

    /// <summary>Where a rank leaves the generation, and the others notice.</summary>
    public enum BreakPoint
    {
        /// <summary>It knows the step's sums, and has not updated anything.</summary>
        AfterExchange,

        /// <summary>It has updated its pieces; nobody receives them.</summary>
        BeforeGather,

        /// <summary>It has committed; the others may have, or may be waiting for each other's pieces.</summary>
        AfterGather,
    }

    [Theory]
    [InlineData(BreakPoint.AfterExchange, new[] { 0, 1 })]
    [InlineData(BreakPoint.AfterExchange, new[] { 1, 2 })]
    [InlineData(BreakPoint.AfterExchange, new[] { 0, 2 })]
    [InlineData(BreakPoint.BeforeGather, new[] { 0, 1 })]
    [InlineData(BreakPoint.BeforeGather, new[] { 0, 2 })]
    [InlineData(BreakPoint.AfterGather, new[] { 1, 2 })]
    [InlineData(BreakPoint.BeforeGather, new[] { 0, 1, 2, 3 })] // all live on, and one joins
    public void A_break_anywhere_in_a_step_loses_nothing(BreakPoint at, int[] survivors)
    {
        using var run = new TestRun(Sharded);
        using var members = new Members(run, 4);
        Break(members, 6, at);
        var end = members.Run(Even(members, 2, survivors));
        Assert.All(end, e => Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(e).Outcome));
        Assert.Equal(Expected.Value, Content(run));
        Assert.All(members.Runs, r => Assert.Empty(r.RolledBack)); // every committed step stood
        // Somebody has the metrics of every step, that of the broken one included.
        Assert.Equal(Enumerable.Range(1, 12).Select(i => (long)i), survivors.SelectMany(s => members.Runs[s].Steps).Select(s => s.Step).Distinct().Order());
    }

    [Fact]
    public void More_neighbours_lost_than_replicas_is_a_return_to_the_newest_checkpoint_with_a_sentence()
    {
        using var run = new TestRun($"{Sharded} checkpoint.every=3 train.eval_every=0");
        using var members = new Members(run, 3);
        Break(members, 8, BreakPoint.BeforeGather);
        members.Run(Even(members, 2, 0));
        Assert.Equal([6L], run.RolledBack);
        // The survivor had step 8, or broke off before its update and had step 7.
        Assert.Matches("nobody has all of step [78]: everyone went back to step 6", Assert.Single(run.Notices));
        Assert.Equal(Expected.Value, Content(run));
    }

    [Fact]
    public void Workers_that_leave_take_nothing_with_them_that_others_lack()
    {
        using var run = new TestRun($"{Sharded} optimizer.replicas=0");
        using var members = new Members(run, 3);
        var alone = Even(members, 2, 2);
        for (var i = 0; i < 3; i++)
        {
            var session = members.Sessions[i];
            members.Runs[i].AfterStep = s =>
            {
                if (s.Step == 4)
                    session.Offer(alone);
            };
        }

        Assert.All(members.Run(Even(members, 1, 0, 1, 2)), r => Assert.Equal(new HandedOver(2, 5), r));
        members.Runs[2].AfterStep = null;
        members.Run(alone);
        Assert.Equal(Expected.Value, Content(run));
        Assert.Empty(members.Runs[2].RolledBack);
    }

    [Fact]
    public void Workers_that_leave_need_no_disk_to_hand_on_what_they_hold()
    {
        using var run = new TestRun($"{Sharded} optimizer.replicas=0 train.eval_every=0");
        Directory.CreateDirectory(run.Folder.Path);
        File.WriteAllText(run.Folder.Checkpoints, "a file where the folder should be");
        using var members = new Members(run, 4);
        var next = Even(members, 2, 2, 1);
        OfferAfter(4, members, next);
        members.Run(Even(members, 1, 0, 1, 2, 3));
        File.Delete(run.Folder.Checkpoints);
        members.Run(next);
        Assert.All(members.Runs, r => Assert.Empty(r.Notices));
        Assert.All(members.Runs, r => Assert.Empty(r.RolledBack));
        Assert.Equal(Expected.Value, Content(members.Runs[2]));
    }

    [Fact]
    public void When_nobody_stays_a_checkpoint_is_written()
    {
        using var run = new TestRun($"{Sharded} optimizer.replicas=0 train.eval_every=0");
        using var members = new Members(run, 3);
        OfferAfter(4, members, Even(members, 2, 2));
        members.Run(Even(members, 1, 0, 1));
        Assert.Equal([5L], run.Checkpoints);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_hand_over_that_breaks_in_the_middle_leaves_all_as_it_was(bool whileMoving)
    {
        using var run = new TestRun($"{Sharded} optimizer.replicas=0 train.eval_every=0");
        using var members = new Members(run, 3);
        OfferAfter(4, members, Even(members, 2, 2));
        members.Wrap = (rank, inner) => rank != 0 ? inner : new Hooked(inner)
        {
            BeforeSendBulk = (hooked, number) => BreakIf(hooked, whileMoving && number == 1),
            BeforeBarrier = (hooked, number) => BreakIf(hooked, number == 7), // the first one ends the synchronisation, then each of five steps has one
        };
        Assert.All(members.Attempt(Even(members, 1, 0, 1, 2)).Failures, Assert.NotNull);
        Assert.All(members.Sessions, s => Assert.Equal(5, s.CommittedStep));
        members.Wrap = null;
        members.Run(Even(members, 3, 2, 1, 0)); // the pieces change hands
        Assert.All(members.Runs, r => Assert.Empty(r.RolledBack));
        Assert.Equal(Expected.Value, Content(run));
    }

    [Fact]
    public void A_worker_that_broke_off_between_old_and_new_pieces_does_a_missed_step_once()
    {
        using var run = new TestRun($"{Sharded} train.eval_every=0 guard.audit_every=1");
        using var members = new Members(run, 3);
        var two = Even(members, 2, 0, 1);
        OfferAfter(4, members, two);
        members.Run(Even(members, 1, 0, 1, 2));

        // The second has the pieces of both generations when it breaks off; the others go on without it for one step, and take it in again.
        members.Wrap = (rank, inner) => rank != 1 ? inner : new Hooked(inner) { BeforeBarrier = (hooked, _) => hooked.Break() };
        Assert.All(members.Attempt(two).Failures, Assert.NotNull);
        members.Wrap = null;
        var again = Even(members, 4, 1, 0, 2);
        foreach (var i in (int[])[0, 2])
        {
            members.Runs[i].AfterStep = null;
            members.Sessions[i].Offer(again);
        }

        Assert.All(members.Run(Even(members, 3, 0, 2)), r => Assert.Equal(new HandedOver(4, 6), r));
        members.Run(again);
        Assert.All(members.Runs, r => Assert.Empty(r.Notices)); // no audit found anything to heal
        Assert.Equal(Expected.Value, Content(run));
    }

    private static void BreakIf(Hooked hooked, bool now)
    {
        if (now)
            hooked.Break();
    }

    private static void OfferAfter(long step, Members members, GenerationPlan next)
    {
        foreach (var (session, run) in members.Sessions.Zip(members.Runs))
        {
            run.AfterStep = s =>
            {
                if (s.Step == step)
                    session.Offer(next);
            };
        }
    }

    [Fact]
    public void An_observer_holds_pieces_and_is_level_at_once()
    {
        using var run = new TestRun(Sharded);
        using var members = new Members(run, 3);
        var second = members.Plan(2, new ShardRange(0, 2), new ShardRange(2, 4), new ShardRange(4, 4));
        var third = members.Plan(3, [1, 2], new ShardRange(0, 1), new ShardRange(1, 4));
        var next = second;
        for (var i = 0; i < 3; i++)
        {
            var session = members.Sessions[i];
            members.Runs[i].AfterStep = s =>
            {
                if (s.Step is 3 or 7)
                    session.Offer(s.Step == 3 ? second : third);
            };
        }

        members.Run(Even(members, 1, 0, 1));
        members.Run(second);
        Assert.Equal([4L], members.Runs[2].CaughtUp);
        members.Run(third); // the first is gone, its piece is with the observer of before
        Assert.Equal(Expected.Value, Content(run));
    }

    [Fact]
    public void A_checkpoint_is_the_same_with_either_setting_and_resumes_with_the_other_at_another_size()
    {
        using var run = new TestRun($"{Sharded} train.steps=6");
        using (var members = new Members(run, 2))
            members.Run(Even(members, 1, 0, 1));
        using var half = new TestRun($"{NoDropout} train.steps=6");
        using (var session = half.Open())
            half.Run(session);
        Assert.Equal(Content(half), Content(run));

        // The same schedule on both sides of the resume, unsharded first, then in pieces.
        using var straight = new TestRun(NoDropout);
        straight.RunUntilAfter(5);

        using var resumed = new TestRun(Sharded) { Folder = straight.Folder, Config = straight.Config with { Optimizer = straight.Config.Optimizer with { Sharding = Config.OptimizerSharding.Zero1 } } };
        using (var members = new Members(resumed, 3))
            members.Run(Even(members, 1, 0, 1, 2));
        Assert.Equal(Expected.Value, Content(resumed));
    }

    [Fact]
    public void An_audit_names_the_worker_whose_memory_changed_and_heals_it()
    {
        using var run = new TestRun($"{Sharded} guard.audit_every=6");
        using var members = new Members(run, 3);
        members.Runs[2].AfterStep = s =>
        {
            if (s.Step == 5)
                members.Sessions[2].DamageMoments(); // in its copy of the first worker's piece: nobody uses it until that one is lost
        };
        members.Run(Even(members, 1, 0, 1, 2));
        Assert.Contains("w2", Assert.Single(members.Runs[0].Notices), StringComparison.Ordinal);
        Assert.Equal(Expected.Value, Content(run));
    }

    [Fact]
    public void The_guards_rollback_brings_the_pieces_back_too()
    {
        const string Guarded = "guard.action=rollback guard.loss_spike=1.0001 guard.window=3 optimizer.lr=0.3 checkpoint.every=2 guard.max_interventions=100 train.eval_every=0";
        using var straight = new TestRun($"{NoDropout} {Guarded}");
        using (var session = straight.Open())
            straight.Run(session);
        using var run = new TestRun($"{Sharded} {Guarded}");
        using var members = new Members(run, 3);
        members.Run(Even(members, 1, 0, 1, 2));
        Assert.NotEmpty(run.RolledBack);
        Assert.Equal(Content(straight), Content(run));
    }

    /// <summary>Leaves its generation in one gather or exchange of weights, as a killed process does.</summary>
    private sealed class Breaking(ICollective inner, int gather, BreakPoint at) : DelegatingCollective(inner)
    {
        private int _gathers; // complete ones
        private bool _reduced; // since the last gather

        public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
        {
            base.AllReduce(partials, result);
            _reduced = true;
        }

        public override void AllGather(Memory<float> whole)
        {
            if (_gathers == gather - 1 && at == BreakPoint.BeforeGather)
                Break();
            base.AllGather(whole);
            _reduced = false;
            if (++_gathers == gather && at == BreakPoint.AfterGather)
                Break();
        }

        public override void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all)
        {
            base.AllGather(own, all);
            if (_gathers == gather - 1 && _reduced && at == BreakPoint.AfterExchange)
                Break();
        }

        private void Break()
        {
            Abort("test");
            throw new CollectiveAbortedException("test");
        }
    }
}
