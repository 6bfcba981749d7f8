using TorchSharp;

namespace DyT.Model;

/// <summary>Draws text from a model, token by token.</summary>
public static class GptGenerator
{
    /// <summary>
    /// Yields <paramref name="count"/> tokens after <paramref name="prompt"/> (at least one token). The model sees the last <paramref name="block"/> tokens.
    /// The same seed draws the same tokens.
    /// </summary>
    /// <param name="temperature">Divides the logits; 0 takes the likeliest token.</param>
    /// <param name="topK">Draws from the k likeliest tokens; 0 from all of <paramref name="vocab"/>.</param>
    /// <param name="vocab">Tokens that the tokenizer knows; a padded output layer has more, which are never drawn.</param>
    public static IEnumerable<int> Generate(GptModel model, IReadOnlyList<int> prompt, int count, int block, int vocab, double temperature, int topK, long seed)
    {
        if (prompt.Count == 0)
            throw new ArgumentException("the prompt is empty", nameof(prompt));
        var random = new Random(HashCode(seed));
        var tokens = prompt.Select(t => (long)t).ToList();
        for (var i = 0; i < count; i++)
        {
            var logits = NextLogits(model, tokens[Math.Max(0, tokens.Count - block)..], vocab);
            var next = temperature <= 0 ? Array.IndexOf(logits, logits.Max()) : Draw(logits, temperature, topK, random.NextDouble());
            tokens.Add(next);
            yield return next;
        }
    }

    /// <summary>Index drawn by <paramref name="unit"/> in [0, 1) from the softmax of logits / temperature over the k likeliest.</summary>
    public static int Draw(float[] logits, double temperature, int topK, double unit)
    {
        var order = Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).Take(topK > 0 ? topK : logits.Length).ToArray();
        var weights = Array.ConvertAll(order, i => Math.Exp((logits[i] - logits[order[0]]) / temperature));
        var left = unit * weights.Sum();
        for (var k = 0; k < order.Length; k++)
        {
            left -= weights[k];
            if (left < 0)
                return order[k];
        }

        return order[^1];
    }

    private static float[] NextLogits(GptModel model, List<long> tokens, int vocab)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var logits = model.Logits(torch.tensor(tokens.ToArray()).unsqueeze(0)); // [1, T, V]
        return logits[0, -1].narrow(0, 0, vocab).data<float>().ToArray();
    }

    private static int HashCode(long seed) => (int)(seed ^ (seed >> 32));
}
