using System.Collections.Concurrent;
using DyT.Collectives;
using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Tests.Gradients;

namespace DyT.Training.Tests.Session;

/// <summary>Buckets that are reduced while backward goes on: the same weights, and no harm when a peer dies meanwhile.</summary>
public sealed class OverlapTests
{
    // Several blocks, and buckets much smaller than one.
    private const string Model = "model.dropout=0 model.layers=3 model.d_model=64 cluster.overlap=always";

    /// <summary>Dies, as its peers see it, when it is about to reduce its n-th bucket after it was told to.</summary>
    private sealed class Dying(ICollective inner) : DelegatingCollective(inner)
    {
        private int _left;

        public List<string?> Threads { get; } = [];

        public void DieAt(int bucket) => Volatile.Write(ref _left, bucket);

        public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
        {
            Threads.Add(Thread.CurrentThread.Name);
            if (Volatile.Read(ref _left) > 0 && Interlocked.Decrement(ref _left) == 0)
                Abort("killed");
            base.AllReduce(partials, result);
        }
    }

    [Theory]
    [InlineData("model.tied_embeddings=true")]
    [InlineData("model.tied_embeddings=false")]
    [InlineData("cluster.overlap=never")]
    [InlineData("train.products=bf16")]
    [InlineData("train.products=bf16 train.recompute=block")]
    [InlineData("model.d_model=128 cluster.bucket_mb=4")] // large enough to be lent, not copied
    public void Weights_are_those_of_one_worker_for_uneven_ranges_and_an_observer(string setting)
    {
        var expected = TestRun.Straight($"{Model} {setting}");
        using var run = new TestRun($"{Model} {setting}");
        using var members = new Members(run, 3);
        var ends = members.Run(members.Plan(1, new ShardRange(0, 3), new ShardRange(3, 4), new ShardRange(4, 4)));
        Assert.All(ends, e => Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(e).Outcome));
        Assert.Equal(expected, run.WeightsHash);
        Assert.All(run.Steps, s => Assert.True(s.Times.Communication > 0 && s.Times.Hidden >= 0 && s.Times.Hidden <= s.Times.Communication));
        if (setting == "cluster.overlap=never")
            Assert.All(run.Steps, s => Assert.Equal(0, s.Times.Hidden));
    }

    /// <summary>Says of itself whether it shares memory, and takes down which threads reduce.</summary>
    private sealed class Placed(ICollective inner, bool sharesMemory, ConcurrentBag<string?> threads) : DelegatingCollective(inner)
    {
        public override bool SharesMemory => sharesMemory;

        public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
        {
            threads.Add(Thread.CurrentThread.Name);
            base.AllReduce(partials, result);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void By_default_all_do_as_one_that_gains_from_it(bool allShare)
    {
        using var run = new TestRun($"{Model} cluster.overlap=auto");
        using var members = new Members(run, 3);
        var threads = new ConcurrentBag<string?>();
        members.Wrap = (rank, inner) => new Placed(inner, allShare || rank != 1, threads);
        members.Run(members.Plan(1, ShardRange.Even(4, 3)));
        var overlaps = !allShare || Environment.ProcessorCount > 3;
        Assert.All(threads, name => Assert.Equal(overlaps, name == "communication"));
        Assert.NotEmpty(threads);
        Assert.Equal(TestRun.Straight(Model), run.WeightsHash);
    }

    [Fact]
    public void Several_connections_change_nothing()
    {
        var expected = TestRun.Straight(Model);
        using var run = new TestRun(Model);
        using var members = new Members(run, 3, new DataPlaneOptions { Transport = DataTransport.Tcp, Streams = 3, ChunkBytes = 2048, SmallBytes = 512 });
        members.Run(members.Plan(1, ShardRange.Even(4, 3)));
        Assert.Equal(expected, run.WeightsHash);
    }

    [Fact]
    public void Rounded_products_give_other_weights_and_recomputed_ones_the_same()
    {
        var rounded = TestRun.Straight($"{Model} train.products=bf16");
        Assert.NotEqual(TestRun.Straight(Model), rounded);
        Assert.Equal(rounded, TestRun.Straight($"{Model} train.products=bf16 train.recompute=block"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public void A_peer_lost_in_mid_backward_leaves_the_state_of_the_last_step(int bucket)
    {
        const int step = 6;
        var expected = TestRun.Straight(Model);
        using var run = new TestRun(Model);
        using var members = new Members(run, 3);
        Dying? dying = null;
        members.Wrap = (rank, collective) => rank == 1 ? dying = new Dying(collective) : collective;
        members.Runs[1].AfterStep = s =>
        {
            if (s.Step == step - 1)
                dying!.DieAt(bucket);
        };
        var failures = Assert.Throws<AggregateException>(() => members.Run(members.Plan(1, new ShardRange(0, 2), new ShardRange(2, 4), new ShardRange(4, 4)))).InnerExceptions;
        Assert.Equal(3, failures.Count);
        Assert.Single(failures.OfType<CollectiveAbortedException>());
        Assert.Equal(2, failures.OfType<PeerLostException>().Count());
        Assert.All(dying!.Threads, name => Assert.Equal("communication", name));
        Assert.All(members.Sessions, s => Assert.Equal(step - 1, s.CommittedStep));
        Assert.Single(members.Sessions.Select(s => s.WeightsHash()).Distinct());

        // The next generation uses the same buffers and threads.
        members.Wrap = null;
        members.Runs[1].AfterStep = null;
        members.Run(members.Plan(2, new ShardRange(0, 1), new ShardRange(1, 1), new ShardRange(1, 4)));
        Assert.Equal(expected, run.WeightsHash);
    }

    [Fact]
    public void An_abort_wakes_those_who_wait_for_a_peer_s_bucket()
    {
        using var run = new TestRun(Model);
        using var members = new Members(run, 2);
        ICollective? survivor = null;
        members.Wrap = (rank, collective) => rank == 1 ? new Silent(collective, () => survivor!.Abort("told to")) : survivor = collective;
        var failures = Assert.Throws<AggregateException>(() => members.Run(members.Plan(1, new ShardRange(0, 2), new ShardRange(2, 4)))).InnerExceptions;
        Assert.Contains(failures, f => f is CollectiveAbortedException { Message: "told to" });
        Assert.All(members.Sessions, s => Assert.Equal(0, s.CommittedStep));
    }

    /// <summary>Never takes part in the first reduction: has the other aborted instead, which is what it waits for.</summary>
    private sealed class Silent(ICollective inner, Action abortOther) : DelegatingCollective(inner)
    {
        public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
        {
            abortOther();
            base.AllReduce(partials, result); // the other's connection breaks
        }
    }

    [Fact]
    public void No_tensor_is_left_over_by_a_generation()
    {
        using var run = new TestRun($"{Model} train.steps=60");
        using var members = new Members(run, 2);
        var counts = new List<long>();
        for (var generation = 1; generation <= 3; generation++)
        {
            var next = members.Plan(generation + 1, new ShardRange(0, 2), new ShardRange(2, 4));
            for (var member = 0; member < 2; member++)
            {
                var session = members.Sessions[member];
                members.Runs[member].AfterStep = s =>
                {
                    if (s.Step % 20 == 18)
                        session.Offer(next);
                };
            }

            members.Run(members.Plan(generation, new ShardRange(0, 2), new ShardRange(2, 4)));
            GC.Collect();
            GC.WaitForPendingFinalizers();
            counts.Add(TorchSharp.torch.Tensor.TotalCount);
        }

        Assert.Single(counts.Distinct());
    }
}
