using CsCheck;
using DyT.Config;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class DecodingTests
{
    private const int Text = PairExamples.Vocab - 2;
    private const int Begin = Text;
    private const int End = Text + 1;

    public static TheoryData<PositionKind> Positions => [.. Enum.GetValues<PositionKind>()];

    [Theory]
    [MemberData(nameof(Positions))]
    public void A_step_over_what_is_cached_scores_as_the_whole_text_does(PositionKind position)
    {
        var model = PairExamples.Model(position);
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 3);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        using var scope = NewDisposeScope();
        var batch = PairExamples.Batch();
        var expected = network.Logits(batch);
        using var state = network.Begin(batch.Source, batch.SourceLengths);
        for (var t = 0; t < 6; t++)
        {
            if (t == 3)
                state.Reorder([0, 1, 2]); // copies that must not change anything
            var step = network.Step(state, batch.Inputs[.., t]);
            for (var b = 0; b < 3; b++)
            {
                if (t < PairExamples.TargetLengths[b])
                    Assert.All(expected[b, t].data<float>().Zip(step[b].data<float>()), p => Assert.Equal(p.First, p.Second, 1e-4));
            }
        }
    }

    [Fact]
    public void Rows_that_change_places_go_on_as_what_they_have_become()
    {
        var model = PairExamples.Model();
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 3);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        using var scope = NewDisposeScope();
        var batch = PairExamples.Batch();
        using var moved = network.Begin(batch.Source, batch.SourceLengths);
        using var stayed = network.Begin(batch.Source, batch.SourceLengths);
        foreach (var t in new[] { 0, 1 })
        {
            network.Step(moved, batch.Inputs[.., t]);
            network.Step(stayed, batch.Inputs[.., t]);
        }

        var order = tensor(new long[] { 2, 0, 0, 1 });
        moved.Reorder([2, 0, 0, 1]);
        foreach (var t in new[] { 2, 3 })
        {
            var tokens = batch.Inputs[.., t];
            var expected = network.Step(stayed, tokens).index_select(0, order);
            Assert.All(expected.data<float>().Zip(network.Step(moved, tokens.index_select(0, order)).data<float>()), p => Assert.Equal(p.First, p.Second, 1e-4));
        }

        Assert.NotEqual(network.Step(stayed, batch.Inputs[.., 4])[0].data<float>().ToArray(), network.Step(moved, batch.Inputs[.., 4].index_select(0, order))[0].data<float>().ToArray());
    }

    [Theory]
    [InlineData(PositionKind.Sinusoidal)]
    [InlineData(PositionKind.T5)]
    public void With_one_beam_the_likeliest_token_is_taken_each_time(PositionKind position)
    {
        var model = PairExamples.Model(position);
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 3);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        int[][] sources = [[3, 4, 5, 6, End], [7, End], [9, 9, 1, End]];
        var decoded = new Seq2SeqDecoder(network, Text, Begin, End).Decode(sources, new DecodingOptions(1, 1, 8));
        foreach (var (source, actual) in sources.Zip(decoded))
            Assert.Equal(Greedy(network, source, 8), actual);
        Assert.Contains(decoded, d => d.Length > 1);
    }

    [Fact]
    public void Beams_find_likelier_texts_and_a_batch_changes_none_of_them()
    {
        var model = PairExamples.Model();
        using var parameters = PairExamples.Parameters(model, PairExamples.Shape, grow: 3);
        using var network = new Seq2SeqModel(model, PairExamples.Shape, parameters);
        var decoder = new Seq2SeqDecoder(network, Text, Begin, End);
        int[][] sources = [[3, 4, 5, 6, End], [7, End], [9, 9, 1, End], [2, 2, 2, 2, 2, End]];
        var options = new DecodingOptions(4, 0.6, 8);
        var together = decoder.Decode(sources, options);
        Assert.Equal(together, sources.Select(source => decoder.Decode([source], options)[0]));
        Assert.All(together, tokens => Assert.All(tokens, token => Assert.InRange(token, 0, Text - 1)));

        // Not always, as a beam may lose what would have been best at last; here they are.
        var greedy = sources.Select(source => Greedy(network, source, 8)).ToArray();
        double Score(int source, int[] target) => LogProbability(network, sources[source], target) / Math.Pow((5 + target.Length + 1) / 6.0, options.Penalty);
        Assert.All(Enumerable.Range(0, 4), i => Assert.True(Score(i, together[i]) >= Score(i, greedy[i]) - 1e-6));
        Assert.Contains(Enumerable.Range(0, 4), i => Score(i, together[i]) > Score(i, greedy[i]));
    }

    [Fact]
    public void With_beams_for_all_there_are_the_best_text_is_found() =>
        Gen.Select(Gen.Double[-3, 3].Array[4 * 5], Gen.Double[0, 1.2]).Sample((logits, penalty) =>
        {
            // The next of three tokens or the end (3), from the last one (4 before the first).
            double LogProbability(int last, int token) => logits[4 * last + token] - Math.Log(Enumerable.Range(0, 4).Sum(t => Math.Exp(logits[4 * last + t])));
            var search = new BeamSearch(400, 3, penalty);
            for (var step = 0; step < 5 && !search.IsOver; step++)
            {
                search.Advance([.. search.Alive.SelectMany((alive, beam) => Enumerable.Range(0, 4)
                    .Where(token => step < 4 || token == 3)
                    .Select(token => new BeamCandidate(beam, token, alive.LogProbability + LogProbability(alive.Tokens.Length == 0 ? 4 : alive.Tokens[^1], token))))
                    .OrderByDescending(c => c.LogProbability)]);
            }

            double Score(int[] tokens)
            {
                var (sum, last) = (0.0, 4);
                foreach (var token in tokens.Append(3))
                    (sum, last) = (sum + LogProbability(last, token), token);
                return sum / Math.Pow((5 + tokens.Length + 1) / 6.0, penalty);
            }

            IEnumerable<int[]> All(int longest) => longest == 0 ? [[]] : All(longest - 1).Concat(All(longest - 1).Where(t => t.Length == longest - 1).SelectMany(t => Enumerable.Range(0, 3).Select(token => (int[])[.. t, token])));
            Assert.Equal(All(4).Max(Score), Score(search.Best()), 1e-9);
        }, iter: 100);

    [Fact]
    public void An_end_that_is_not_among_the_likeliest_is_none_and_the_search_is_over_when_enough_have_ended()
    {
        var search = new BeamSearch(2, 9, 0);
        Assert.Equal([0, 0], search.Advance([new(0, 1, -1), new(0, 2, -2), new(0, 9, -3), new(0, 4, -4)]));
        Assert.Equal([1, 0], search.Advance([new(1, 5, -2.5), new(0, 9, -2.6), new(0, 6, -2.7), new(1, 9, -2.8)]));
        Assert.False(search.IsOver);
        Assert.Equal([[2, 5], [1, 6]], search.Alive.Select(a => a.Tokens));
        search.Advance([new(0, 9, -2.51), new(0, 7, -9)]);
        Assert.True(search.IsOver);
        Assert.Equal([2, 5], search.Best());
        Assert.Equal([1, 2], Longer(penalty: 1));
        Assert.Equal([1], Longer(penalty: 0));

        static int[] Longer(double penalty)
        {
            var search = new BeamSearch(2, 9, penalty);
            search.Advance([new(0, 1, -0.5), new(0, 3, -8)]);
            search.Advance([new(0, 9, -2), new(0, 2, -2.05)]);
            search.Advance([new(0, 9, -2.1)]);
            return search.Best();
        }
    }

    /// <summary>Of the target and the mark that ends it, computed without what a decoder keeps.</summary>
    private static double LogProbability(Seq2SeqModel network, int[] source, int[] target)
    {
        using var scope = NewDisposeScope();
        Tensor Row(IEnumerable<int> tokens) => tensor(tokens.Select(t => (long)t).ToArray()).unsqueeze(0);
        var inputs = Row(target.Prepend(Begin));
        var logits = network.Logits(new PairBatch(Row(source), [source.Length], inputs, Row(target.Append(End)), [target.Length + 1]))[0];
        logits[.., Begin] = float.NegativeInfinity;
        var all = logits.log_softmax(1);
        return target.Append(End).Select((token, t) => (double)all[t, token].item<float>()).Sum();
    }

    private static int[] Greedy(Seq2SeqModel network, int[] source, int longest)
    {
        using var scope = NewDisposeScope();
        var tokens = new List<int>();
        while (tokens.Count < longest)
        {
            var inputs = tensor(tokens.Prepend(Begin).Select(t => (long)t).ToArray()).unsqueeze(0);
            var batch = new PairBatch(tensor(source.Select(t => (long)t).ToArray()).unsqueeze(0), [source.Length], inputs, inputs, [tokens.Count + 1]);
            var scores = network.Logits(batch)[0, tokens.Count].data<float>().ToArray();
            scores[Begin] = float.NegativeInfinity;
            var next = Array.IndexOf(scores, scores.Max());
            if (next == End)
                break;
            tokens.Add(next);
        }

        return [.. tokens];
    }
}
