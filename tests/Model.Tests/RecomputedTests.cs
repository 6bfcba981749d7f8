using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class RecomputedTests
{
    private const int Vocab = 23;

    [Theory]
    [InlineData(PositionKind.Learned, MlpKind.Gelu, 0.0)]
    [InlineData(PositionKind.Learned, MlpKind.Gelu, 0.2)]
    [InlineData(PositionKind.Rope, MlpKind.Swiglu, 0.2)]
    [InlineData(PositionKind.Alibi, MlpKind.Gelu, 0.2)]
    [InlineData(PositionKind.T5, MlpKind.Gelu, 0.0)] // the bias wants a gradient from every block
    public void Recomputed_blocks_give_the_same_bits(PositionKind position, MlpKind mlp, double dropout)
    {
        var model = new ModelConfig { Layers = 3, Heads = 2, DModel = 16, Block = 8, Bias = true, Position = position, Mlp = mlp, Dropout = dropout };
        Assert.Equal(Gradients(model, RecomputeKind.None), Gradients(model, RecomputeKind.Block));
    }

    [Fact]
    public void What_random_numbers_come_afterwards_stays_the_same()
    {
        var model = new ModelConfig { Layers = 2, Heads = 2, DModel = 16, Block = 8, Dropout = 0.5 };
        float After(RecomputeKind recompute)
        {
            _ = Gradients(model, recompute);
            using var number = rand(1);
            return number.item<float>();
        }

        Assert.Equal(After(RecomputeKind.None), After(RecomputeKind.Block));
    }

    /// <summary>Loss and all gradients of one step.</summary>
    private static float[] Gradients(ModelConfig model, RecomputeKind recompute)
    {
        using var parameters = ParameterSet.Allocate(FlatLayout.Of(GptParameters.Table(model, Vocab)), withGradients: true);
        parameters.Initialize(5);
        using var gpt = new GptModel(model, parameters, recompute);
        using var scope = NewDisposeScope();
        manual_seed(9);
        var tokens = randint(0, Vocab, [3, 8], dtype: ScalarType.Int64);
        var loss = gpt.Loss(tokens, tokens.roll(1), training: true);
        Autograd.Backward(loss);
        return [loss.item<float>(), .. parameters.Gradients.ToArray()];
    }
}
