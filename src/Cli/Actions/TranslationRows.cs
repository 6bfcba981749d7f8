using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Data.Metrics;
using DyT.Data.Pairs;
using DyT.Runs;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Translation;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary>What <c>dyt eval</c> says of a translator beside its loss.</summary>
internal static class TranslationRows
{
    private const string NothingKept = "Nothing was kept aside to translate: data.pairs.test_fraction is 0, or too small for so few pairs.";

    /// <summary>Translates what was kept aside, and adds the scores and how they were counted.</summary>
    public static void Add(Table table, TrainedRun run, PairData data, DecodingFlags flags, Action<string> log)
    {
        var kept = data.Prepared.ReadTest();
        if (kept.Count == 0)
        {
            log(NothingKept);
            return;
        }

        var score = Score(run, kept, flags, log);
        var search = string.Create(CultureInfo.InvariantCulture, $"beam {flags.Beams}, length penalty {flags.Penalty}");
        table.AddRow("BLEU", Markup.Escape(score.Bleu.ToString()));
        table.AddRow("  counted", Markup.Escape($"{Bleu.Signature} ({search})"));
        table.AddRow("chrF2", score.Chrf.ToString("0.00", CultureInfo.InvariantCulture));
        table.AddRow("  counted", Markup.Escape(Chrf.Signature));
        table.AddRow("texts translated", score.Segments.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>At the end of training, where it is asked for: BLEU and chrF are added to the run's summary.</summary>
    public static void AddToSummary(RunConfig config, RunFolder run, PairData data, Action<string> log)
    {
        if (!config.Sample.Score || RunSummary.TryRead(run.SummaryFile) is not { } summary)
            return;
        var kept = data.Prepared.ReadTest();
        if (kept.Count == 0)
        {
            log(NothingKept);
            Write(run, summary with { TestScores = new OrderedDictionary<string, double>() }); // there are none, and none are missing
            return;
        }

        using var trained = TrainedRun.Open(run.Path, log);
        var score = Score(trained, kept, DecodingFlags.Default, log);
        log(string.Create(CultureInfo.InvariantCulture, $"{score.Bleu}; chrF2 {score.Chrf:0.00}"));
        Write(run, summary with { TestScores = new OrderedDictionary<string, double> { ["bleu"] = score.Bleu.Score, ["chrf"] = score.Chrf } });
    }

    private static void Write(RunFolder run, RunSummary summary)
    {
        try
        {
            summary.Write(run.SummaryFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{run.SummaryFile}: the scores could not be written ({e.Message.TrimEnd('.')}); free space and run 'dyt train --resume {run.Path}', which does the translations once more.", inner: e);
        }
    }

    private static TranslationScore Score(TrainedRun run, IReadOnlyList<TextPair> kept, DecodingFlags flags, Action<string> log)
    {
        log($"translating {kept.Count} texts that were kept aside");
        return TranslationScore.Of(new Translator(run, flags.Beams, flags.Penalty, flags.Batch), kept);
    }
}
