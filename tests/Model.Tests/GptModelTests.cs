using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class GptModelTests
{
    private const int Vocab = 23;

    private static ModelConfig Small(PositionKind position = PositionKind.Learned, MlpKind mlp = MlpKind.Gelu, SiteKind site = SiteKind.Dyt, double dropout = 0) => new()
    {
        Layers = 2, Heads = 2, DModel = 16, Block = 8, Bias = true, Position = position, Mlp = mlp, Dropout = dropout, Site = new SiteConfig { Kind = site },
    };

    private static ParameterSet Parameters(ModelConfig model, bool withGradients = true, float grow = 1)
    {
        var parameters = ParameterSet.Allocate(FlatLayout.Of(GptParameters.Table(model, Vocab)), withGradients);
        parameters.Initialize(5);
        foreach (ref var weight in parameters.Weights.Span)
            weight *= grow;
        return parameters;
    }

    private static (Tensor Inputs, Tensor Targets) Batch(int seed = 1)
    {
        var random = new Random(seed);
        long[] Some() => [.. Enumerable.Range(0, 24).Select(_ => (long)random.Next(Vocab))];
        return (tensor(Some(), [3, 8]), tensor(Some(), [3, 8]));
    }

    public static TheoryData<PositionKind, MlpKind, SiteKind> Combinations
    {
        get
        {
            var data = new TheoryData<PositionKind, MlpKind, SiteKind>();
            foreach (var position in Enum.GetValues<PositionKind>())
                data.Add(position, MlpKind.Gelu, SiteKind.Dyt);
            foreach (var site in Enum.GetValues<SiteKind>())
                data.Add(PositionKind.Rope, MlpKind.Swiglu, site);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void Gradients_of_the_loss_are_those_of_finite_differences(PositionKind position, MlpKind mlp, SiteKind site)
    {
        var model = Small(position, mlp, site);
        using var parameters = Parameters(model, grow: 5); // away from the flat start, where differences drown in rounding
        using var gpt = new GptModel(model, parameters);
        using var scope = NewDisposeScope();
        var (inputs, targets) = Batch();
        gpt.Loss(inputs, targets, training: true).backward();

        // Along random directions: one number tests all gradients at once, and fp32 suffices.
        var random = new Random(3);
        for (var round = 0; round < 4; round++)
        {
            var direction = parameters.Weights.ToArray().Select(_ => (float)(random.NextDouble() - 0.5)).ToArray();
            var slope = direction.Zip(parameters.Gradients.ToArray(), (d, g) => (double)d * g).Sum();
            const float h = 3e-4f;
            var measured = (LossAt(gpt, parameters, direction, h) - LossAt(gpt, parameters, direction, -h)) / (2 * h);
            Assert.True(Math.Abs(measured - slope) < 0.02 * Math.Max(0.2, Math.Abs(slope)), $"slope {slope}, measured {measured}");
        }
    }

    private static double LossAt(GptModel gpt, ParameterSet parameters, float[] direction, float by)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (inputs, targets) = Batch();
        var before = parameters.Weights.ToArray();
        var weights = parameters.Weights.Span;
        for (var i = 0; i < weights.Length; i++)
            weights[i] += by * direction[i];
        var loss = gpt.Loss(inputs, targets, training: false).item<float>();
        before.CopyTo(parameters.Weights);
        return loss;
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void A_later_token_never_changes_earlier_logits(PositionKind position, MlpKind mlp, SiteKind site)
    {
        var model = Small(position, mlp, site);
        using var parameters = Parameters(model, withGradients: false, grow: 5);
        using var gpt = new GptModel(model, parameters);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var (inputs, _) = Batch();
        var before = gpt.Logits(inputs);
        inputs[.., 5] = 0;
        var after = gpt.Logits(inputs);
        Assert.Equal(before[.., ..5].contiguous().data<float>().ToArray(), after[.., ..5].contiguous().data<float>().ToArray());
        Assert.NotEqual(before[.., 5..].contiguous().data<float>().ToArray(), after[.., 5..].contiguous().data<float>().ToArray());
    }

    [Fact]
    public void A_fresh_model_knows_nothing()
    {
        var model = Small();
        using var parameters = Parameters(model, withGradients: false);
        using var gpt = new GptModel(model, parameters);
        using var scope = NewDisposeScope();
        var (inputs, targets) = Batch();
        Assert.Equal(Math.Log(Vocab), gpt.Loss(inputs, targets, training: false).item<float>(), 0.05);
    }

    [Fact]
    public void Backward_adds_into_the_flat_buffer_in_place()
    {
        var model = Small();
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        using var scope = NewDisposeScope();
        var (inputs, targets) = Batch();
        gpt.Loss(inputs, targets, training: true).backward();
        var once = parameters.Gradients.ToArray();
        gpt.Loss(inputs, targets, training: true).backward();
        Assert.All(once.Zip(parameters.Gradients.ToArray()), p => Assert.Equal(2 * p.First, p.Second, 1e-6f));
        foreach (var entry in parameters.Layout.Entries)
        {
            Assert.Contains(once[entry.Offset..(entry.Offset + entry.Length)], g => g != 0);
            Assert.Equal(parameters.Gradients.Span.Slice(entry.Offset, entry.Length).ToArray(), parameters[entry.Spec.Name].grad!.reshape(-1).data<float>().ToArray());
        }

        parameters.ZeroGradients();
        Assert.Equal(0, parameters[parameters.Layout.Entries[0].Spec.Name].grad!.abs().sum().item<float>());
    }

    [Theory]
    [InlineData(PositionKind.Learned, MlpKind.Gelu)]
    [InlineData(PositionKind.Rope, MlpKind.Swiglu)]
    public void Gradients_of_a_backward_replace_whatever_stood_there(PositionKind position, MlpKind mlp)
    {
        var model = Small(position, mlp);
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        using var scope = NewDisposeScope();
        var (inputs, targets) = Batch();
        gpt.Loss(inputs, targets, training: true).backward();
        var expected = parameters.Gradients.ToArray();

        foreach (var entry in parameters.Layout.Entries)
            parameters.Gradients.Span.Slice(entry.Offset, entry.Length).Fill(float.NaN);
        parameters.BeginGradients();
        Assert.Throws<InvalidOperationException>(parameters.EndGradients);
        gpt.Loss(inputs, targets, training: true).backward();
        parameters.EndGradients();
        Assert.Equal(expected, parameters.Gradients.ToArray());
    }

    [Fact]
    public void The_same_seed_gives_the_same_bits_with_dropout()
    {
        var model = Small(dropout: 0.3);
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        float[] Gradients(long seed)
        {
            using var scope = NewDisposeScope();
            var (inputs, targets) = Batch();
            parameters.ZeroGradients();
            manual_seed(seed);
            gpt.Loss(inputs, targets, training: true).backward();
            return parameters.Gradients.ToArray();
        }

        Assert.Equal(Gradients(1), Gradients(1));
        Assert.NotEqual(Gradients(1), Gradients(2));
    }

    [Fact]
    public void Tensors_do_not_pile_up()
    {
        var model = Small(PositionKind.Rope, MlpKind.Swiglu);
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        void Step()
        {
            using var scope = NewDisposeScope();
            var (inputs, targets) = Batch();
            gpt.Loss(inputs, targets, training: true).backward();
        }

        Step();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var before = Tensor.TotalCount;
        for (var i = 0; i < 200; i++)
            Step();
        Assert.Equal(before, Tensor.TotalCount);
    }

    [Fact]
    public void Learned_positions_end_at_the_block_with_a_sentence()
    {
        var model = Small();
        using var parameters = Parameters(model, withGradients: false);
        using var gpt = new GptModel(model, parameters);
        using var tokens = zeros(1, 9, dtype: ScalarType.Int64);
        Assert.Contains("learned positions", Assert.Throws<UserErrorException>(() => gpt.Logits(tokens)).Message, StringComparison.Ordinal);
    }
}
