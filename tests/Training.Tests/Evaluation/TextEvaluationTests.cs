using CsCheck;
using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Training.Evaluation;
using static TorchSharp.torch;

namespace DyT.Training.Tests;

public sealed class TextEvaluationTests
{
    [Fact]
    public void The_loss_is_the_mean_over_all_tokens_but_the_first_each_within_its_sequence()
    {
        const string Text = "Call me Ishmael, é.";
        var (block, tokenizer) = (6, new BytesTokenizer());
        var model = new ModelConfig { Layers = 1, Heads = 2, DModel = 8, Block = block };
        using var parameters = ParameterSet.Allocate(FlatLayout.Of(GptParameters.Table(model, tokenizer.VocabSize)), withGradients: false);
        var random = new Random(3);
        foreach (ref var weight in parameters.Weights.Span)
            weight = (float)random.NextDouble() - 0.5f;
        using var gpt = new GptModel(model, parameters);

        var found = TextEvaluation.Of(gpt, tokenizer, Text, block, microBatch: 2);

        var tokens = Array.ConvertAll(tokenizer.Encode(Text), t => (long)t);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var nats = 0.0;
        for (var i = 0; i + 1 < tokens.Length; i++)
        {
            var start = i / block * block;
            nats -= gpt.Logits(tensor(tokens[start..(i + 1)]).unsqueeze(0))[0, -1].log_softmax(0)[tokens[i + 1]].item<float>();
        }

        Assert.Equal(tokens.Length - 1, found.Found.Count);
        Assert.Equal(nats / (tokens.Length - 1), found.Found.Loss, 1e-5);
        Assert.Equal(1, found.BytesPerToken);
    }

    [Fact]
    public void A_text_of_one_token_has_no_loss()
    {
        var model = new ModelConfig { Layers = 1, Heads = 1, DModel = 4, Block = 4 };
        using var parameters = ParameterSet.Allocate(FlatLayout.Of(GptParameters.Table(model, 256)), withGradients: false);
        using var gpt = new GptModel(model, parameters);
        Assert.Contains("longer text", Assert.Throws<UserErrorException>(() => TextEvaluation.Of(gpt, new BytesTokenizer(), "x", 4, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pieces_cover_each_token_once_in_order() =>
        (from count in Gen.Int[1, 200] from block in Gen.Int[1, 20] from rows in Gen.Int[1, 5] select (count, block, rows)).Sample(t =>
        {
            var next = 0;
            foreach (var (start, rows, length) in TextEvaluation.Pieces(t.count, t.block, t.rows))
            {
                Assert.Equal(next, start);
                Assert.InRange(rows, 1, t.rows);
                Assert.InRange(length, 1, t.block);
                next += rows * length;
            }

            Assert.Equal(t.count, next);
        });
}
