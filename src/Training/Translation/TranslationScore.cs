using DyT.Data.Metrics;
using DyT.Data.Pairs;

namespace DyT.Training.Translation;

/// <summary>How good translations of texts are that were kept aside.</summary>
/// <param name="Bleu">With its parts.</param>
/// <param name="Chrf">0 to 100.</param>
/// <param name="Segments">How many were translated.</param>
public sealed record TranslationScore(Bleu Bleu, double Chrf, int Segments)
{
    public static TranslationScore Of(Translator translator, IReadOnlyList<TextPair> pairs, Action<int>? progress = null)
    {
        var translations = translator.Translate([.. pairs.Select(pair => pair.Source)], progress);
        string[] references = [.. pairs.Select(pair => pair.Target)];
        return new TranslationScore(Bleu.Of(translations, references), DyT.Data.Metrics.Chrf.Of(translations, references), references.Length);
    }
}
