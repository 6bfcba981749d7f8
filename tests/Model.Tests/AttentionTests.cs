using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>A one-layer model whose logits are recomputed in plain double loops, for every kind of position and for grouped heads.</summary>
public sealed class AttentionTests
{
    private const int Vocab = 11;
    private const int Length = 6;

    private static readonly long[] Tokens = [3, 1, 4, 1, 5, 9];

    public static TheoryData<PositionKind, int> Cases
    {
        get
        {
            var data = new TheoryData<PositionKind, int>();
            foreach (var kind in Enum.GetValues<PositionKind>())
            {
                data.Add(kind, 4);
                data.Add(kind, 2);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_plain_loops(PositionKind position, int kvHeads)
    {
        var model = new ModelConfig
        {
            Layers = 1, Heads = 4, KvHeads = kvHeads, DModel = 16, DFf = 24, Block = 8, Mlp = MlpKind.Swiglu, Position = position, TiedEmbeddings = false,
            EmbeddingScale = true, Bias = true, Site = new SiteConfig { Kind = SiteKind.Dyt },
        };
        var layout = FlatLayout.Of(GptParameters.Table(model, Vocab));
        using var parameters = ParameterSet.Allocate(layout, withGradients: false);
        var random = new Random(17);
        foreach (ref var weight in parameters.Weights.Span)
            weight = (float)(random.NextDouble() - 0.5); // large enough that every part matters
        using var gpt = new GptModel(model, parameters);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var logits = gpt.Logits(tensor(Tokens).unsqueeze(0));

        var expected = new PlainGpt(model, layout, parameters.Weights.ToArray()).Logits(Tokens);
        for (var t = 0; t < Length; t++)
        {
            for (var v = 0; v < Vocab; v++)
                Assert.Equal(expected[t][v], logits[0, t, v].item<float>(), 2e-4);
        }
    }

    [Fact]
    public void T5_buckets_follow_the_published_rule()
    {
        Assert.Equal([0, 1, 15, 16], new[] { 0, 1, 15, 16 }.Select(T5Buckets.Of));
        for (var n = 16; n < 1000; n++)
            Assert.Equal(Math.Min(31, 16 + (int)Math.Floor(16 * Math.Log(n / 16.0) / Math.Log(8))), T5Buckets.Of(n));
    }
}
