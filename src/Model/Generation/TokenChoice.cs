namespace DyT.Model;

/// <summary>How the next token is chosen from its scores: the penalty, then temperature, top-k and top-p in this order. Pure.</summary>
/// <param name="Temperature">Divides the scores; 0: always the likeliest token.</param>
/// <param name="TopK">Only the k likeliest tokens are drawn; 0: all.</param>
/// <param name="TopP">Only the likeliest tokens are drawn that together have this probability, as few as possible (arXiv 1904.09751); 1: all.</param>
/// <param name="RepetitionPenalty">Positive scores of tokens that occurred already are divided by it, negative ones multiplied (arXiv 1909.05858); 1: none.</param>
public sealed record TokenChoice(double Temperature = 1, int TopK = 0, double TopP = 1, double RepetitionPenalty = 1)
{
    /// <summary>Draws a token by <paramref name="unit"/> in [0, 1).</summary>
    public int Draw(float[] logits, IReadOnlySet<int> seen, double unit)
    {
        var candidates = Candidates(logits, seen);
        var left = unit;
        foreach (var (token, probability) in candidates)
        {
            left -= probability;
            if (left < 0)
                return token;
        }

        return candidates[^1].Token;
    }

    /// <summary>The tokens that may be drawn, the likeliest first (equals by number), and their probabilities.</summary>
    public IReadOnlyList<(int Token, double Probability)> Candidates(float[] logits, IReadOnlySet<int> seen)
    {
        var scores = Penalized(logits, seen, RepetitionPenalty);
        if (Temperature <= 0)
            return [(Array.IndexOf(scores, scores.Max()), 1)];
        var order = Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(TopK > 0 ? TopK : scores.Length).ToArray();
        var weights = Array.ConvertAll(order, i => Math.Exp((scores[i] - scores[order[0]]) / Temperature));
        var count = Nucleus(weights);
        var total = weights.AsSpan(0, count).ToArray().Sum();
        return [.. order.Take(count).Select((token, i) => (token, weights[i] / total))];
    }

    /// <summary>The scores, lowered where a token occurred already.</summary>
    public static float[] Penalized(float[] logits, IReadOnlySet<int> seen, double penalty)
    {
        if (penalty == 1 || seen.Count == 0)
            return logits;
        var scores = (float[])logits.Clone();
        foreach (var token in seen.Where(t => t < scores.Length))
            scores[token] = (float)(scores[token] > 0 ? scores[token] / penalty : scores[token] * penalty);
        return scores;
    }

    /// <summary>How many of the falling weights it takes to have the share <see cref="TopP"/>, the one that reaches it included.</summary>
    private int Nucleus(double[] weights)
    {
        if (TopP >= 1)
            return weights.Length;
        var wanted = TopP * weights.Sum();
        var count = 0;
        for (var sum = 0.0; count < weights.Length && (count == 0 || sum < wanted); count++)
            sum += weights[count];
        return count;
    }
}
