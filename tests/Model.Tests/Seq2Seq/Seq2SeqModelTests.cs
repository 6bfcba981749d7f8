using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class Seq2SeqModelTests
{
    public static TheoryData<PositionKind, SiteKind, MlpKind> Combinations
    {
        get
        {
            var data = new TheoryData<PositionKind, SiteKind, MlpKind>();
            foreach (var position in Enum.GetValues<PositionKind>())
                data.Add(position, SiteKind.Dyt, MlpKind.Gelu);
            foreach (var site in Enum.GetValues<SiteKind>())
                data.Add(PositionKind.Learned, site, MlpKind.Swiglu);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Gradients_of_the_loss_are_those_of_finite_differences(PositionKind position, SiteKind site, MlpKind mlp)
    {
        foreach (var (shape, tied) in new[] { (PairExamples.Shape, true), (PairExamples.Separate, false) })
        {
            var model = PairExamples.Model(position, site, mlp) with { TiedEmbeddings = tied, Residual = new ResidualConfig { Kind = ResidualKind.Scalars, Form = tied ? ResidualForm.OnePlus : ResidualForm.Branch } };
            using var parameters = PairExamples.Parameters(model, shape, grow: 2);
            using var network = new Seq2SeqModel(model, shape, parameters, smoothing: 0.1);
            Backward(network, parameters);

            // Along random directions: one number tests all gradients at once, and fp32 suffices.
            var random = new Random(3);
            for (var round = 0; round < 3; round++)
            {
                var direction = parameters.Weights.ToArray().Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
                var slope = direction.Zip(parameters.Gradients.ToArray(), (d, g) => (double)d * g).Sum();
                const float h = 1e-3f;
                var measured = (LossAt(network, parameters, direction, h) - LossAt(network, parameters, direction, -h)) / (2 * h);
                Assert.True(Math.Abs(measured - slope) < 0.02 * Math.Max(0.2, Math.Abs(slope)), $"slope {slope}, measured {measured}");
            }
        }
    }

    [Theory]
    [InlineData(PositionKind.Learned, true, ResidualForm.Branch)]
    [InlineData(PositionKind.Sinusoidal, false, ResidualForm.OnePlus)]
    [InlineData(PositionKind.Alibi, false, ResidualForm.Branch)]
    [InlineData(PositionKind.T5, true, ResidualForm.OnePlus)]
    [InlineData(PositionKind.None, true, null)]
    public void Scores_are_those_of_plain_arithmetic(PositionKind position, bool shared, ResidualForm? residual)
    {
        var shape = shared ? PairExamples.Shape : PairExamples.Separate;
        var model = PairExamples.Model(position) with
        {
            TiedEmbeddings = shared,
            Residual = new ResidualConfig { Kind = residual is null ? ResidualKind.Plain : ResidualKind.Scalars, Form = residual ?? ResidualForm.Branch },
        };
        using var parameters = PairExamples.Parameters(model, shape, grow: 4);
        using var network = new Seq2SeqModel(model, shape, parameters, smoothing: 0.1);
        using var scope = NewDisposeScope();
        var batch = PairExamples.Batch();
        var logits = network.Logits(batch);
        var plain = new PlainSeq2Seq(model, shape, parameters.Layout, parameters.Weights.ToArray());
        var (nats, right, tokens) = (0.0, 0, 0);
        for (var b = 0; b < 3; b++)
        {
            var expected = plain.Logits(batch.Source[b].data<long>().ToArray()[..PairExamples.SourceLengths[b]], batch.Inputs[b].data<long>().ToArray()[..PairExamples.TargetLengths[b]]);
            for (var t = 0; t < expected.Length; t++)
            {
                var actual = logits[b, t].data<float>().ToArray();
                Assert.All(expected[t].Zip(actual), p => Assert.Equal(p.First, p.Second, 1e-3 * Math.Max(1, Math.Abs(p.First))));
                var wanted = (int)batch.Targets[b, t].item<long>();
                nats += Math.Log(expected[t].Sum(s => Math.Exp(s - expected[t][wanted])));
                right += Array.IndexOf(expected[t], expected[t].Max()) == wanted ? 1 : 0;
                tokens++;
            }
        }

        var sums = new double[3];
        network.Score(batch, sums);
        Assert.Equal(nats, sums[0], 1e-3 * nats);
        Assert.Equal((tokens, right), (sums[1], sums[2]));
        using var noGrad = no_grad();
        Assert.Equal(nats / tokens, network.Loss(batch, training: false).item<float>(), 1e-4 * nats);
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Padding_changes_nothing_but_rounding(PositionKind position, SiteKind site, MlpKind mlp)
    {
        var model = PairExamples.Model(position, site, mlp);
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 2);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters, smoothing: 0.1);
        var (loss, gradients) = Backward(network, parameters);
        foreach (var (source, target, padding) in new[] { (12, 12, 2L), (7, 11, 0), (9, 6, 22) })
        {
            var (other, others) = Backward(network, parameters, () => PairExamples.Batch(source, target, padding));
            Assert.Equal(loss, other, 1e-5 * loss);
            var largest = gradients.Max(Math.Abs);
            Assert.All(gradients.Zip(others), p => Assert.Equal(p.First, p.Second, 1e-4 * largest));
        }
    }

    [Fact]
    public void A_pair_is_the_same_alone_and_beside_others()
    {
        var model = PairExamples.Model();
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 2);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        using var scope = NewDisposeScope();
        var batch = PairExamples.Batch();
        var alone = new PairBatch(batch.Source[1..2], [1], batch.Inputs[1..2], batch.Targets[1..2], [6]);
        var (one, beside) = (network.Logits(alone)[0].data<float>().ToArray(), network.Logits(batch)[1].data<float>().ToArray());
        Assert.All(one.Zip(beside), p => Assert.Equal(p.First, p.Second, 1e-4));
    }

    [Theory]
    [InlineData(PositionKind.T5, true, 0)]
    [InlineData(PositionKind.Sinusoidal, true, 0.2)]
    [InlineData(PositionKind.Rope, false, 0)]
    public void Computing_blocks_again_changes_no_bit(PositionKind position, bool shared, double dropout)
    {
        var shape = shared ? PairExamples.Shape : PairExamples.Separate;
        var model = PairExamples.Model(position, dropout: dropout);
        using var parameters = PairExamples.Parameters(model, shape, grow: 2);
        using var kept = new Seq2SeqModel(model, shape, parameters);
        var expected = Backward(kept, parameters);
        using var again = new Seq2SeqModel(model, shape, parameters, RecomputeKind.Block);
        var actual = Backward(again, parameters);
        Assert.Equal(expected.Loss, actual.Loss);
        Assert.Equal(expected.Gradients, actual.Gradients);
    }

    [Theory]
    [InlineData(PositionKind.Learned, true, 0)]
    [InlineData(PositionKind.T5, false, 0)]
    [InlineData(PositionKind.Rope, false, 0.2)]
    public void What_is_said_to_be_final_changes_no_more(PositionKind position, bool shared, double dropout)
    {
        var shape = shared ? PairExamples.Shape : PairExamples.Separate;
        var model = PairExamples.Model(position, dropout: dropout) with { TiedEmbeddings = shared, Residual = new ResidualConfig { Kind = ResidualKind.Scalars, Form = ResidualForm.OnePlus } };
        using var parameters = PairExamples.Parameters(model, shape, grow: 2);
        using var network = new Seq2SeqModel(model, shape, parameters);
        var marks = GradientMarks.Of(model, parameters.Layout);
        var snapshots = new Snapshots(parameters);
        var (_, final) = Backward(network, parameters, progress: snapshots);
        Assert.Equal(Enumerable.Range(0, marks.End), snapshots.Taken.Select(s => s.Mark));
        foreach (var (entry, at) in parameters.Layout.Entries.Zip(marks.OfEntries))
        {
            foreach (var (mark, gradients) in snapshots.Taken)
            {
                var same = gradients.AsSpan(entry.Offset, entry.Length).SequenceEqual(final.AsSpan(entry.Offset, entry.Length));
                // The decoder's embeddings are done before the encoder's blocks, but stand at the buffer's start: nothing would come of saying so.
                Assert.True(same == mark >= at || (same && at == marks.End && mark >= Seq2SeqMarks.Attention(model, 0)), $"{entry.Spec.Name} is said to be final at mark {at}, and at {mark} it {(same ? "is" : "is not")}");
            }
        }
    }

    [Theory]
    [InlineData(PositionKind.Learned, true)]
    [InlineData(PositionKind.T5, false)]
    public void Forward_reads_nothing_before_it_says_so(PositionKind position, bool shared)
    {
        var shape = shared ? PairExamples.Shape : PairExamples.Separate;
        var model = PairExamples.Model(position) with { TiedEmbeddings = shared, Residual = new ResidualConfig { Kind = ResidualKind.Scalars, Form = ResidualForm.OnePlus } };
        using var parameters = PairExamples.Parameters(model, shape, grow: 2);
        using var network = new Seq2SeqModel(model, shape, parameters);
        ArrivingForward.AssertReadsWhatItSays(network, parameters, GradientMarks.Of(model, parameters.Layout), () => PairExamples.Batch());
    }

    [Fact]
    public void Every_parameter_gets_a_gradient_and_a_step_leaves_no_tensor_behind()
    {
        var model = PairExamples.Model(PositionKind.T5);
        using var parameters = PairExamples.Parameters(model, PairExamples.Separate, grow: 2);
        using var network = new Seq2SeqModel(model, PairExamples.Separate, parameters);
        var (_, gradients) = Backward(network, parameters);
        Assert.All(parameters.Layout.Entries, e => Assert.Contains(gradients[e.Offset..(e.Offset + e.Length)], g => g != 0));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = (Tensor.TotalCount, GraphNode.Alive);
        for (var i = 0; i < 50; i++)
            Backward(network, parameters);
        Assert.Equal(before, (Tensor.TotalCount, GraphNode.Alive));
    }

    [Fact]
    public void A_segment_longer_than_the_block_is_refused_with_a_sentence()
    {
        var model = PairExamples.Model();
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        using var scope = NewDisposeScope();
        Assert.Contains("model.block 12", Assert.Throws<UserErrorException>(() => network.Logits(PairExamples.Batch(13, 6))).Message, StringComparison.Ordinal);
    }

    private static (float Loss, float[] Gradients) Backward(Seq2SeqModel network, ParameterSet parameters, Func<PairBatch>? batch = null, IStepProgress? progress = null)
    {
        using var scope = NewDisposeScope();
        parameters.BeginGradients();
        manual_seed(7);
        var loss = network.Loss(batch?.Invoke() ?? PairExamples.Batch(), training: true, progress);
        Autograd.Backward(loss);
        parameters.EndGradients();
        return (loss.item<float>(), parameters.Gradients.ToArray());
    }

    private static double LossAt(Seq2SeqModel network, ParameterSet parameters, float[] direction, float by)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var before = parameters.Weights.ToArray();
        var weights = parameters.Weights.Span;
        for (var i = 0; i < weights.Length; i++)
            weights[i] += by * direction[i];
        var loss = network.Loss(PairExamples.Batch(), training: true).item<float>();
        before.CopyTo(parameters.Weights);
        return loss;
    }

    /// <summary>Copies the whole gradient buffer at every mark.</summary>
    private sealed class Snapshots(ParameterSet parameters) : IStepProgress
    {
        public List<(int Mark, float[] Gradients)> Taken { get; } = [];

        public void OnFinal(int mark) => Taken.Add((mark, parameters.Gradients.ToArray()));
    }
}
