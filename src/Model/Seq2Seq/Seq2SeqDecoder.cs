using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>How texts are decoded.</summary>
/// <param name="Beams">1: greedily.</param>
/// <param name="Penalty">For length (<see cref="BeamSearch"/>).</param>
/// <param name="Longest">Tokens of a text at most, without marks.</param>
public sealed record DecodingOptions(int Beams, double Penalty, int Longest);

/// <summary>Translates batches of token sequences: the sources are read once, each step computes one position for all texts that are followed.</summary>
/// <param name="model">The network.</param>
/// <param name="tokens">Tokens of the target that are text: 0..tokens-1; others but the mark at the end are never chosen.</param>
/// <param name="begin">The mark that begins a target.</param>
/// <param name="end">The mark that ends one.</param>
public sealed class Seq2SeqDecoder(Seq2SeqModel model, int tokens, int begin, int end)
{
    /// <summary>Translations of the sources, without marks.</summary>
    /// <param name="sources">Each with the mark at its end.</param>
    /// <param name="options">How they are searched.</param>
    public IReadOnlyList<int[]> Decode(IReadOnlyList<int[]> sources, DecodingOptions options)
    {
        var searches = sources.Select(_ => new BeamSearch(options.Beams, end, options.Penalty)).ToArray();
        using var state = Begin(sources);
        // Rows: of each search that goes on, its texts.
        var rows = Enumerable.Range(0, sources.Count).ToList();
        var last = rows.ConvertAll(_ => begin);
        for (var length = 0; length <= options.Longest && rows.Count > 0; length++)
        {
            var (values, indices, count) = Likeliest(state, last, options.Beams);
            var (kept, next, nextLast) = (new List<long>(), new List<int>(), new List<int>());
            for (var at = 0; at < rows.Count;)
            {
                var search = searches[rows[at]];
                var alive = search.Alive.Count;
                var from = search.Advance(Candidates(search, at, values, indices, count));
                if (!search.IsOver)
                {
                    for (var i = 0; i < from.Count; i++)
                    {
                        kept.Add(at + from[i]);
                        next.Add(rows[at]);
                        nextLast.Add(search.Alive[i].Tokens[^1]);
                    }
                }

                at += alive;
            }

            if (kept.Count > 0)
                state.Reorder(kept);
            (rows, last) = (next, nextLast);
        }

        // What has not ended by then is cut.
        return [.. searches.Select(search => search.Best() is var best && best.Length > options.Longest ? best[..options.Longest] : best)];
    }

    private DecodingState Begin(IReadOnlyList<int[]> sources)
    {
        using var scope = NewDisposeScope();
        var width = sources.Max(s => s.Length);
        var padded = new long[sources.Count * width];
        for (var row = 0; row < sources.Count; row++)
        {
            for (var i = 0; i < width; i++)
                padded[row * width + i] = i < sources[row].Length ? sources[row][i] : end;
        }

        return model.Begin(tensor(padded, [sources.Count, width]), [.. sources.Select(s => s.Length)]);
    }

    /// <summary>Of each row the likeliest next tokens and their log-probabilities, [rows * count] each.</summary>
    private (float[] Values, long[] Indices, int Count) Likeliest(DecodingState state, List<int> last, int beams)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var logits = model.Step(state, tensor(last.ConvertAll(t => (long)t).ToArray())); // [rows, V]
        // Text and the end stand first; the mark that begins, and what a padded vocabulary has more, are no continuations.
        var allowed = cat([logits.narrow(1, 0, tokens), logits.narrow(1, end, 1)], 1);
        var count = Math.Min(2 * beams, tokens + 1);
        var (values, indices) = nn.functional.log_softmax(allowed, 1).topk(count, 1);
        return (values.contiguous().data<float>().ToArray(), indices.contiguous().data<long>().ToArray(), count);
    }

    private List<BeamCandidate> Candidates(BeamSearch search, int at, float[] values, long[] indices, int count)
    {
        var candidates = new List<BeamCandidate>();
        for (var beam = 0; beam < search.Alive.Count; beam++)
        {
            for (var k = 0; k < count; k++)
            {
                var place = (at + beam) * count + k;
                var token = (int)indices[place];
                candidates.Add(new BeamCandidate(beam, token == tokens ? end : token, search.Alive[beam].LogProbability + values[place]));
            }
        }

        // A stable order, so that equals do not depend on how the list was sorted.
        return [.. candidates.OrderByDescending(c => c.LogProbability).Take(search.Wanted)];
    }
}
