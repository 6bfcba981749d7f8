using CsCheck;
using DyT.Collectives;
using DyT.Training.Gradients;

namespace DyT.Training.Tests.Gradients;

public sealed class GradientReductionTests
{
    private static LocalCollective Alone(int microShards) =>
        new LocalCollective(new GenerationPlan("run", 1, microShards, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, microShards))]));

    /// <summary>Takes down what this rank gives to each reduction, and gives it back added up.</summary>
    private sealed class Recording(int microShards) : DelegatingCollective(Alone(microShards))
    {
        public List<float[][]> Given { get; } = [];

        public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
        {
            Given.Add([.. partials.Select(p => p.ToArray())]);
            result.Span.Fill(-1); // everyone's sum, whatever it is, may stand over the last leaf
        }
    }

    private sealed class Stuck(int microShards) : DelegatingCollective(Alone(microShards))
    {
        private readonly ManualResetEventSlim _aborted = new();

        public ManualResetEventSlim Entered { get; } = new();

        public override void AllReduce(IReadOnlyList<Memory<float>> partials, Memory<float> result)
        {
            Entered.Set();
            _aborted.Wait(TimeSpan.FromSeconds(30));
            throw new CollectiveAbortedException("aborted");
        }

        public override void Abort(string reason) => _aborted.Set();
    }

    // Values of many magnitudes: another order of additions would show.
    private static void Fill(Span<float> leaf, int microShard, int from)
    {
        for (var i = 0; i < leaf.Length; i++)
        {
            var random = new Random(microShard * 1000 + from + i);
            leaf[i] = (float)(random.NextDouble() - 0.5) * MathF.Pow(10, random.Next(-6, 6));
        }
    }

    /// <summary>One worker's step; backward leaves the last leaf's elements from the end to the start, a mark after each piece.</summary>
    private static List<float[][]> Run(int v, ShardRange range, int length, int bucket, int piece, CommunicationThread? thread)
    {
        var gradients = new float[length];
        var buckets = Buckets.Of(length, bucket);
        var accumulator = new GradientAccumulator(length, v);
        var collective = new Recording(v);
        var pieces = (length + piece - 1) / piece;
        var starts = Enumerable.Range(1, pieces).Select(i => Math.Max(0, length - i * piece)).ToArray();
        var readyAfter = starts.Select(start => buckets.TakeWhile(b => b.Start >= start).Count()).ToArray();
        var reduction = new GradientReduction(collective, accumulator, gradients, buckets, readyAfter, thread);
        accumulator.Begin(range);
        for (var m = range.Start; m < range.End - 1; m++)
        {
            Fill(gradients, m, 0);
            accumulator.Add(gradients);
        }

        if (range.Count > 0)
            accumulator.Add(gradients);
        gradients.AsSpan().Fill(float.NaN);
        reduction.Begin();
        for (var mark = 0; mark < pieces && range.Count > 0; mark++)
        {
            var end = mark == 0 ? length : starts[mark - 1];
            Fill(gradients.AsSpan(starts[mark], end - starts[mark]), range.End - 1, starts[mark]);
            reduction.Progress?.OnFinal(mark);
        }

        reduction.Complete();
        Assert.All(gradients, g => Assert.Equal(-1, g));
        return collective.Given;
    }

    [Fact]
    public void A_reduction_during_backward_gives_the_bits_of_one_after_it()
    {
        using var thread = new CommunicationThread();
        (from v in Gen.Int[1, 20]
         from a in Gen.Int[0, v]
         from b in Gen.Int[a, v]
         from length in Gen.Int[1, 300]
         from bucket in Gen.Int[1, 100]
         from piece in Gen.Int[1, 100]
         select (v, range: new ShardRange(a, b), length, bucket, piece)).Sample(
            t =>
            {
                var plain = Run(t.v, t.range, t.length, t.length, t.piece, null);
                var overlapped = Run(t.v, t.range, t.length, t.bucket, t.piece, thread);
                var parts = CanonicalTree.Cover(t.range, t.v).Count;
                Assert.Equal(parts, Assert.Single(plain).Length);
                for (var part = 0; part < parts; part++)
                    Assert.Equal(plain[0][part], overlapped.AsEnumerable().Reverse().SelectMany(given => given[part])); // buckets go from the end to the start
            },
            iter: 200,
            threads: 1);
    }

    [Fact]
    public void A_reduction_that_hangs_is_aborted_when_the_step_fails_otherwise()
    {
        using var thread = new CommunicationThread();
        var collective = new Stuck(1);
        var accumulator = new GradientAccumulator(16, 1);
        var reduction = new GradientReduction(collective, accumulator, new float[16], [(0, 16)], [1], thread);
        accumulator.Begin(new ShardRange(0, 1));
        accumulator.Add(new float[16]);
        reduction.Begin();
        reduction.OnFinal(0);
        Assert.True(collective.Entered.Wait(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        thread.Abandon(collective);
        Assert.True(thread.IsIdle);
    }

    [Fact]
    public void Alone_there_is_no_communication()
    {
        var accumulator = new GradientAccumulator(16, 1);
        var reduction = new GradientReduction(Alone(1), accumulator, new float[16], [(0, 16)], [1], null);
        accumulator.Begin(new ShardRange(0, 1));
        accumulator.Add(new float[16]);
        reduction.Begin();
        reduction.Complete();
        Assert.Null(reduction.Progress);
        Assert.Equal(default, reduction.Time);
    }
}
