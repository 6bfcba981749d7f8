using CsCheck;
using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>Texts that go on, and how their tokens are chosen.</summary>
public sealed class GenerationTests
{
    private const int Vocab = 17;
    private const int Block = 12;

    public static TheoryData<PositionKind, int, MlpKind, SiteKind> Cases
    {
        get
        {
            var data = new TheoryData<PositionKind, int, MlpKind, SiteKind>();
            foreach (var position in Enum.GetValues<PositionKind>())
            {
                data.Add(position, 4, MlpKind.Gelu, SiteKind.Dyt);
                data.Add(position, 2, MlpKind.Swiglu, SiteKind.Rmsnorm);
            }

            foreach (var site in Enum.GetValues<SiteKind>())
                data.Add(PositionKind.Rope, 1, MlpKind.Swiglu, site);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_text_that_goes_on_has_the_scores_of_the_whole_one_also_when_the_window_slides(PositionKind position, int kvHeads, MlpKind mlp, SiteKind site)
    {
        var model = new ModelConfig
        {
            Layers = 2, Heads = 4, KvHeads = kvHeads, DModel = 16, Block = Block, Bias = true, Position = position, Mlp = mlp, EmbeddingScale = true, TiedEmbeddings = false,
            Site = new SiteConfig { Kind = site }, Residual = new ResidualConfig { Kind = ResidualKind.Scalars },
        };
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        using var text = gpt.Continue();
        using var other = gpt.Continue(); // two texts do not disturb each other
        other.Next([1, 2, 3]);
        int[] tokens = [.. Enumerable.Range(0, Block + 5).Select(i => (7 * i + i * i) % Vocab)];
        foreach (var (start, end) in (ReadOnlySpan<(int, int)>)[(0, 5), (5, 6), (6, 7), (7, 9), (9, 10), (10, 11), (11, 12), (12, 13), (13, 14), (14, 17)])
        {
            var scores = text.Next(tokens.AsSpan(start..end));
            var expected = Whole(gpt, tokens.AsSpan(Math.Max(0, end - Block)..end));
            for (var v = 0; v < Vocab; v++)
                Assert.Equal(expected[v], scores[v], 1e-5f);
        }
    }

    [Fact]
    public void A_prompt_longer_than_the_window_is_seen_by_its_end()
    {
        var model = new ModelConfig { Layers = 1, Heads = 2, DModel = 8, Block = Block };
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        int[] tokens = [.. Enumerable.Range(0, 3 * Block).Select(i => i % Vocab)];
        using var text = gpt.Continue();
        var scores = text.Next(tokens);
        var expected = Whole(gpt, tokens.AsSpan(^Block..));
        for (var v = 0; v < Vocab; v++)
            Assert.Equal(expected[v], scores[v], 1e-5f);
    }

    [Fact]
    public void Generated_tokens_are_those_of_the_whole_text_and_of_the_seed_and_never_padding()
    {
        var model = new ModelConfig { Layers = 1, Heads = 2, DModel = 8, Block = Block, Position = PositionKind.Rope };
        using var parameters = Parameters(model);
        using var gpt = new GptModel(model, parameters);
        var likeliest = TextGenerator.Generate(gpt, [3, 1], 2 * Block, Vocab - 2, new TokenChoice(Temperature: 0), 1).ToArray();
        List<int> text = [3, 1];
        foreach (var token in likeliest)
        {
            var scores = Whole(gpt, text.TakeLast(Block).ToArray())[..(Vocab - 2)];
            Assert.True(scores.Max() - scores[token] < 1e-5f);
            text.Add(token);
        }

        int[] Drawn(long seed) => [.. TextGenerator.Generate(gpt, [3, 1], 40, Vocab - 2, new TokenChoice(), seed)];
        Assert.Equal(Drawn(5), Drawn(5));
        Assert.NotEqual(Drawn(5), Drawn(6));
        Assert.All(Drawn(5), token => Assert.InRange(token, 0, Vocab - 3));
    }

    [Fact]
    public void Candidates_are_the_likeliest_and_their_probabilities_add_up() =>
        Choices.Sample(t =>
        {
            var found = new TokenChoice(t.Temperature, t.K, t.P).Candidates(t.Logits, new HashSet<int>());
            Assert.InRange(found.Count, 1, t.K == 0 ? t.Logits.Length : t.K);
            Assert.Equal(found.Count, found.Select(c => c.Token).Distinct().Count());
            Assert.Equal(1, found.Sum(c => c.Probability), 1e-9);
            var worst = found.Min(c => t.Logits[c.Token]);
            Assert.All(Enumerable.Range(0, t.Logits.Length).Except(found.Select(c => c.Token)), other => Assert.True(t.Logits[other] <= worst));
            Assert.Equal(found.OrderByDescending(c => c.Probability).Select(c => c.Probability), found.Select(c => c.Probability));
        });

    [Fact]
    public void The_nucleus_is_the_smallest_that_has_the_share() =>
        Choices.Sample(t =>
        {
            var all = new TokenChoice(t.Temperature).Candidates(t.Logits, new HashSet<int>());
            var kept = new TokenChoice(t.Temperature, TopP: t.P).Candidates(t.Logits, new HashSet<int>()).Count;
            Assert.True(all.Take(kept).Sum(c => c.Probability) >= t.P - 1e-9);
            Assert.True(all.Take(kept - 1).Sum(c => c.Probability) < t.P + 1e-9);
        });

    [Fact]
    public void What_is_drawn_is_a_candidate_in_the_order_of_the_distribution() =>
        Choices.Sample(t =>
        {
            var choice = new TokenChoice(t.Temperature, t.K, t.P);
            var candidates = choice.Candidates(t.Logits, new HashSet<int>());
            var below = 0.0;
            foreach (var (token, probability) in candidates)
            {
                if (probability > 1e-6)
                    Assert.Equal(token, choice.Draw(t.Logits, new HashSet<int>(), below + probability / 2));
                below += probability;
            }
        });

    [Fact]
    public void The_penalty_makes_what_was_seen_less_likely_and_leaves_the_rest() =>
        (from logits in Gen.Float[-5, 5].Array[2, 12] from penalty in Gen.Double[1, 3] from seen in Gen.Int[0, 11].Array[0, 5] select (logits, penalty, seen)).Sample(t =>
        {
            var found = TokenChoice.Penalized(t.logits, t.seen.ToHashSet(), t.penalty);
            for (var i = 0; i < t.logits.Length; i++)
            {
                if (!t.seen.Contains(i))
                    Assert.Equal(t.logits[i], found[i]);
                else
                    Assert.Equal(t.logits[i] > 0 ? t.logits[i] / t.penalty : t.logits[i] * t.penalty, found[i], 1e-5);
            }
        });

    private static Gen<(float[] Logits, double Temperature, int K, double P)> Choices =>
        from logits in Gen.Float[-5, 5].Array[1, 20] from temperature in Gen.Double[0.2, 3] from k in Gen.Int[0, 8] from p in Gen.Double[0.01, 1] select (logits, temperature, k, p);

    private static ParameterSet Parameters(ModelConfig model)
    {
        var parameters = ParameterSet.Allocate(FlatLayout.Of(GptParameters.Table(model, Vocab)), withGradients: false);
        var random = new Random(11);
        foreach (ref var weight in parameters.Weights.Span)
            weight = (float)(random.NextDouble() - 0.5); // large enough that every part matters
        return parameters;
    }

    private static float[] Whole(GptModel gpt, ReadOnlySpan<int> tokens)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var long64 = Array.ConvertAll(tokens.ToArray(), t => (long)t);
        return gpt.Logits(tensor(long64).unsqueeze(0))[0, -1].data<float>().ToArray();
    }
}
