using System.Globalization;
using DyT.Cli.Commands;
using DyT.Data.Metrics;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Translation;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary>What <c>dyt eval</c> says of a translator beside its loss.</summary>
internal static class TranslationRows
{
    /// <summary>Translates what was kept aside, and adds the scores and how they were counted.</summary>
    public static void Add(Table table, TrainedRun run, PairData data, DecodingFlags flags, Action<string> log)
    {
        var kept = data.Prepared.ReadTest();
        if (kept.Count == 0)
        {
            log("Nothing was kept aside to translate: data.pairs.test_fraction is 0.");
            return;
        }

        log($"translating {kept.Count} texts that were kept aside");
        var score = TranslationScore.Of(new Translator(run, flags.Beams, flags.Penalty, flags.Batch), kept);
        var search = string.Create(CultureInfo.InvariantCulture, $"beam {flags.Beams}, length penalty {flags.Penalty}");
        table.AddRow("BLEU", Markup.Escape(score.Bleu.ToString()));
        table.AddRow("  counted", Markup.Escape($"{Bleu.Signature} ({search})"));
        table.AddRow("chrF2", score.Chrf.ToString("0.00", CultureInfo.InvariantCulture));
        table.AddRow("  counted", Markup.Escape(Chrf.Signature));
        table.AddRow("texts translated", score.Segments.ToString(CultureInfo.InvariantCulture));
    }
}
