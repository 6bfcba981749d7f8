using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests.Recurrent;

public sealed class RnnModelTests
{
    public static TheoryData<ArchKind, SiteKind, RnnSitePlace> Cases => RnnExamples.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Gradients_of_the_loss_are_those_of_finite_differences(ArchKind arch, SiteKind site, RnnSitePlace at)
    {
        using var parameters = RnnExamples.Parameters(RnnExamples.Model(arch, site, at));
        using var rnn = new RnnModel(RnnExamples.Model(arch, site, at), parameters);
        using var scope = NewDisposeScope();
        rnn.Loss(RnnExamples.Batch(), training: true).backward();

        // Along random directions: one number tests all gradients at once, and fp32 suffices.
        var random = new Random(3);
        for (var round = 0; round < 4; round++)
        {
            var direction = parameters.Weights.ToArray().Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
            var slope = direction.Zip(parameters.Gradients.ToArray(), (d, g) => (double)d * g).Sum();
            const float h = 1e-3f;
            var measured = (LossAt(rnn, parameters, direction, h) - LossAt(rnn, parameters, direction, -h)) / (2 * h);
            Assert.True(Math.Abs(measured - slope) < 0.02 * Math.Max(0.2, Math.Abs(slope)), $"slope {slope}, measured {measured}");
        }
    }

    private static double LossAt(RnnModel rnn, ParameterSet parameters, float[] direction, float by)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var before = parameters.Weights.ToArray();
        var weights = parameters.Weights.Span;
        for (var i = 0; i < weights.Length; i++)
            weights[i] += by * direction[i];
        var loss = rnn.Loss(RnnExamples.Batch(), training: false).item<float>();
        before.CopyTo(parameters.Weights);
        return loss;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_text_that_goes_on_has_the_scores_of_the_whole_one(ArchKind arch, SiteKind site, RnnSitePlace at)
    {
        using var parameters = RnnExamples.Parameters(RnnExamples.Model(arch, site, at), withGradients: false);
        using var rnn = new RnnModel(RnnExamples.Model(arch, site, at), parameters);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        int[] tokens = [.. Enumerable.Range(0, 20).Select(i => (7 * i + i * i) % RnnExamples.Vocab)]; // longer than the block: a state has no window
        var whole = rnn.Logits(tensor(tokens.Select(t => (long)t).ToArray()).unsqueeze(0));
        using var text = rnn.Continue();
        using var other = rnn.Continue();
        other.Next([1, 2, 3]); // two texts do not disturb each other
        var start = 0;
        foreach (var end in (int[])[5, 6, 7, 9, 20])
        {
            var scores = text.Next(tokens.AsSpan(start..end));
            var expected = whole[0, end - 1].data<float>().ToArray();
            for (var v = 0; v < expected.Length; v++)
                Assert.Equal(expected[v], scores[v], 1e-5f);
            start = end;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_later_token_never_changes_earlier_logits(ArchKind arch, SiteKind site, RnnSitePlace at)
    {
        using var parameters = RnnExamples.Parameters(RnnExamples.Model(arch, site, at), withGradients: false);
        using var rnn = new RnnModel(RnnExamples.Model(arch, site, at), parameters);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var inputs = RnnExamples.Batch().Inputs;
        var before = rnn.Logits(inputs);
        inputs[.., 5] = (inputs[.., 5] + 1) % RnnExamples.Vocab;
        var after = rnn.Logits(inputs);
        Assert.Equal(before[.., ..5].contiguous().data<float>().ToArray(), after[.., ..5].contiguous().data<float>().ToArray());
        for (var position = 5; position < 8; position++)
            Assert.NotEqual(before[.., position].contiguous().data<float>().ToArray(), after[.., position].contiguous().data<float>().ToArray());
    }

    [Theory]
    [InlineData(ArchKind.Lstm, RnnSitePlace.Input)]
    [InlineData(ArchKind.Lstm, RnnSitePlace.Gates)]
    [InlineData(ArchKind.Gru, RnnSitePlace.Input)]
    [InlineData(ArchKind.Gru, RnnSitePlace.Gates)]
    public void Gradients_replace_what_stood_there_and_are_the_same_when_layers_are_computed_again(ArchKind arch, RnnSitePlace at)
    {
        var model = RnnExamples.Model(arch, at: at, dropout: 0.2);
        using var parameters = RnnExamples.Parameters(model);
        float[] Gradients(RecomputeKind recompute)
        {
            using var rnn = new RnnModel(model, parameters, recompute);
            using var scope = NewDisposeScope();
            foreach (var entry in parameters.Layout.Entries)
                parameters.Gradients.Span.Slice(entry.Offset, entry.Length).Fill(float.NaN);
            parameters.BeginGradients();
            Assert.Throws<InvalidOperationException>(parameters.EndGradients);
            manual_seed(7);
            Autograd.Backward(rnn.Loss(RnnExamples.Batch(), training: true));
            parameters.EndGradients();
            return parameters.Gradients.ToArray();
        }

        var plain = Gradients(RecomputeKind.None);
        Assert.Equal(plain, Gradients(RecomputeKind.Block));
        foreach (var entry in parameters.Layout.Entries)
            Assert.Contains(plain[entry.Offset..(entry.Offset + entry.Length)], g => g != 0);
    }

    [Theory]
    [InlineData(ArchKind.Lstm, RnnSitePlace.Input)]
    [InlineData(ArchKind.Gru, RnnSitePlace.Gates)]
    public void What_is_said_to_be_final_changes_no_more(ArchKind arch, RnnSitePlace at)
    {
        var model = RnnExamples.Model(arch, at: at);
        using var parameters = RnnExamples.Parameters(model);
        using var rnn = new RnnModel(model, parameters);
        using var scope = NewDisposeScope();
        var marks = GradientMarks.Of(model, parameters.Layout);
        var seen = new Marks(parameters);
        Autograd.Backward(rnn.Loss(RnnExamples.Batch(), training: true, seen));
        Assert.Equal([GradientMarks.Head, GradientMarks.Attention(1, 2), GradientMarks.Attention(0, 2)], seen.Taken.Select(t => t.Mark));
        var final = parameters.Gradients.ToArray();
        foreach (var (entry, mark) in parameters.Layout.Entries.Zip(marks.OfEntries))
        {
            Assert.Equal(entry.Spec.Name.StartsWith("model.embed_", StringComparison.Ordinal), mark == marks.End);
            foreach (var (at2, gradients) in seen.Taken)
                Assert.Equal(at2 >= mark, gradients.AsSpan(entry.Offset, entry.Length).SequenceEqual(final.AsSpan(entry.Offset, entry.Length)));
        }
    }

    [Theory]
    [InlineData(ArchKind.Lstm, RnnSitePlace.Input)]
    [InlineData(ArchKind.Gru, RnnSitePlace.Gates)]
    public void Forward_reads_nothing_before_it_says_so(ArchKind arch, RnnSitePlace at)
    {
        var model = RnnExamples.Model(arch, at: at);
        using var parameters = RnnExamples.Parameters(model);
        using var rnn = new RnnModel(model, parameters);
        ArrivingForward.AssertReadsWhatItSays(rnn, parameters, GradientMarks.Of(model, parameters.Layout), () => RnnExamples.Batch());
    }

    private sealed class Marks(ParameterSet parameters) : IStepProgress
    {
        public List<(int Mark, float[] Gradients)> Taken { get; } = [];

        public void OnFinal(int mark) => Taken.Add((mark, parameters.Gradients.ToArray()));
    }

    [Fact]
    public void A_probe_sees_each_site_once_for_the_whole_sequence()
    {
        var model = RnnExamples.Model(ArchKind.Lstm, at: RnnSitePlace.Gates);
        using var parameters = RnnExamples.Parameters(model, withGradients: false);
        using var rnn = new RnnModel(model, parameters);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var seen = new List<(string, long[])>();
        rnn.Probe.Site = (name, input, output) =>
        {
            Assert.Equal(input.shape, output.shape);
            seen.Add((name, input.shape));
            return true;
        };
        rnn.Score(RnnExamples.Batch(), new double[2]);
        string[] Of(int layer) => [$"model.layers.{layer}.input_layernorm", $"model.layers.{layer}.rnn.gate_layernorm", $"model.layers.{layer}.rnn.cell_layernorm"];
        Assert.Equal([.. Of(0), .. Of(1), "model.norm"], seen.Select(s => s.Item1));
        Assert.Equal([3, 8, 80], seen[1].Item2);
        Assert.Equal([3, 8, 20], seen[2].Item2);
    }

    [Theory]
    [InlineData(ArchKind.Lstm, RnnSitePlace.Input)]
    [InlineData(ArchKind.Gru, RnnSitePlace.Input)]
    [InlineData(ArchKind.Lstm, RnnSitePlace.Gates)]
    public void Nothing_piles_up(ArchKind arch, RnnSitePlace at)
    {
        var model = RnnExamples.Model(arch, at: at, dropout: 0.1);
        using var parameters = RnnExamples.Parameters(model);
        using var rnn = new RnnModel(model, parameters);
        using var text = rnn.Continue();
        void Step()
        {
            using var scope = NewDisposeScope();
            Autograd.Backward(rnn.Loss(RnnExamples.Batch(), training: true));
            text.Next([1, 2]);
        }

        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var (tensors, nodes) = (Tensor.TotalCount, GraphNode.Alive);
        for (var i = 0; i < 30; i++)
            Step();
        Assert.Equal((tensors, nodes), (Tensor.TotalCount, GraphNode.Alive));
    }

    [Fact]
    public void Parameters_and_cost_are_those_of_the_formulas()
    {
        var model = new ModelConfig { Arch = ArchKind.Lstm, Layers = 3, DModel = 10, Block = 64, Bias = true, Site = new SiteConfig { Kind = SiteKind.None } };
        var cost = ModelCost.Of(model, new TextShape(7));
        Assert.Equal(7 * 10 + 3 * (4 * (10 * 10 + 10 * 10) + 40), cost.Parameters);
        Assert.Equal(2 * (7 * 10 + 3 * 8 * 100), cost.ForwardFlopsPerToken);
        var gru = ModelCost.Of(model with { Arch = ArchKind.Gru, Block = 1 }, new TextShape(7));
        Assert.Equal(7 * 10 + 3 * (3 * (10 * 10 + 10 * 10) + 60), gru.Parameters);
    }
}
