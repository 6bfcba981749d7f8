namespace DyT.Data.Metrics;

/// <summary>
/// Corpus chrF2 (Popovic 2015) as sacrebleu defines it: runs of 1 to 6 characters without white space, recall weighs twice as much as precision, both averaged over
/// the orders that occur on both sides.
/// </summary>
public static class Chrf
{
    private const int Order = 6;
    private const double BetaSquared = 4;

    /// <summary>Says how it was counted, in sacrebleu's words.</summary>
    public const string Signature = "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no";

    /// <summary>0 to 100.</summary>
    /// <param name="translations">One per segment; may be empty texts.</param>
    /// <param name="references">As many.</param>
    public static double Of(IReadOnlyList<string> translations, IReadOnlyList<string> references)
    {
        if (translations.Count != references.Count)
            throw new ArgumentException($"{translations.Count} translations of {references.Count} segments.", nameof(translations));
        var (matches, totals, wanted) = (new long[Order], new long[Order], new long[Order]);
        for (var i = 0; i < translations.Count; i++)
        {
            var (translation, reference) = (Characters(translations[i]), Characters(references[i]));
            for (var n = 1; n <= Order; n++)
            {
                var there = Math.Max(0, reference.Length - n + 1);
                wanted[n - 1] += there;
                // A reference too short for runs of n says nothing of the translation's.
                if (there == 0) continue;
                totals[n - 1] += Math.Max(0, translation.Length - n + 1);
                matches[n - 1] += NgramCounts.Common(NgramCounts.Of(translation, n), NgramCounts.Of(reference, n));
            }
        }

        return Score(matches, totals, wanted);
    }

    private static double Score(long[] matches, long[] totals, long[] wanted)
    {
        var (precision, recall, orders) = (0.0, 0.0, 0);
        for (var n = 0; n < Order; n++)
        {
            if (totals[n] == 0 || wanted[n] == 0) continue;
            precision += (double)matches[n] / totals[n];
            recall += (double)matches[n] / wanted[n];
            orders++;
        }

        if (precision + recall == 0) return 0;
        (precision, recall) = (precision / orders, recall / orders);
        return 100 * (1 + BetaSquared) * precision * recall / (BetaSquared * precision + recall);
    }

    /// <summary>Code points without white space.</summary>
    private static int[] Characters(string text)
    {
        var characters = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (!rune.IsBmp || !PythonSpace.Is((char)rune.Value)) characters.Add(rune.Value);
        }

        return [.. characters];
    }
}
