using System.Globalization;

namespace DyT.Data.Metrics;

/// <summary>Corpus BLEU (Papineni et al. 2002) as sacrebleu defines it (arXiv 1804.08771): one reference, words by 13a, runs of up to four words, exponential smoothing.</summary>
/// <param name="Score">0 to 100.</param>
/// <param name="Precisions">Of the runs of 1, 2, 3 and 4 words, in percent, smoothed.</param>
/// <param name="BrevityPenalty">1, or less where the translations are shorter than the references.</param>
/// <param name="Words">Of the translations.</param>
/// <param name="ReferenceWords">Of the references.</param>
public sealed record Bleu(double Score, IReadOnlyList<double> Precisions, double BrevityPenalty, long Words, long ReferenceWords)
{
    private const int Order = 4;

    /// <summary>Says how it was counted, in sacrebleu's words.</summary>
    public const string Signature = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp";

    /// <param name="translations">One per segment; may be empty texts.</param>
    /// <param name="references">As many.</param>
    public static Bleu Of(IReadOnlyList<string> translations, IReadOnlyList<string> references)
    {
        if (translations.Count != references.Count)
            throw new ArgumentException($"{translations.Count} translations of {references.Count} segments.", nameof(translations));
        var (matches, totals) = (new long[Order], new long[Order]);
        var (words, referenceWords) = (0L, 0L);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < translations.Count; i++)
        {
            var (translation, reference) = (Number(Tokenizer13a.Words(translations[i]), numbers), Number(Tokenizer13a.Words(references[i]), numbers));
            words += translation.Length;
            referenceWords += reference.Length;
            for (var n = 1; n <= Order; n++)
            {
                totals[n - 1] += Math.Max(0, translation.Length - n + 1);
                matches[n - 1] += NgramCounts.Common(NgramCounts.Of(translation, n), NgramCounts.Of(reference, n));
            }
        }

        return Of(matches, totals, words, referenceWords);
    }

    /// <summary>As sacrebleu writes it: "48.53 82.4/50.0/45.5/37.5 (BP = 0.943 ratio = 0.944 hyp_len = 17 ref_len = 18)".</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Score:0.00} {string.Join('/', Precisions.Select(p => p.ToString("0.0", CultureInfo.InvariantCulture)))} (BP = {BrevityPenalty:0.000} ratio = {(ReferenceWords == 0 ? 0 : (double)Words / ReferenceWords):0.000} hyp_len = {Words} ref_len = {ReferenceWords})");

    private static Bleu Of(long[] matches, long[] totals, long words, long referenceWords)
    {
        var penalty = words >= referenceWords ? 1 : words == 0 ? 0 : Math.Exp(1 - (double)referenceWords / words);
        var precisions = new double[Order];
        if (Array.TrueForAll(matches, count => count == 0))
            return new Bleu(0, precisions, penalty, words, referenceWords);

        // Each order without a match counts half as much as the one before it would.
        var smoothing = 1.0;
        var logarithms = 0.0;
        for (var n = 0; n < Order; n++)
        {
            if (totals[n] > 0)
                precisions[n] = matches[n] > 0 ? 100.0 * matches[n] / totals[n] : 100.0 / ((smoothing *= 2) * totals[n]);
            logarithms += precisions[n] > 0 ? Math.Log(precisions[n]) : double.NegativeInfinity;
        }

        return new Bleu(penalty * Math.Exp(logarithms / Order), precisions, penalty, words, referenceWords);
    }

    private static int[] Number(string[] words, Dictionary<string, int> numbers)
    {
        var symbols = new int[words.Length];
        for (var i = 0; i < words.Length; i++)
        {
            if (!numbers.TryGetValue(words[i], out symbols[i]))
                numbers.Add(words[i], symbols[i] = numbers.Count);
        }

        return symbols;
    }
}
