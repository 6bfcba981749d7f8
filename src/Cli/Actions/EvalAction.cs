using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Summaries;
using DyT.Cli.Views;
using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Runs;
using Spectre.Console;
using TorchSharp;

namespace DyT.Cli.Actions;

/// <summary><c>dyt eval</c>: loss and scores over all of the validation data, in this process.</summary>
internal static class EvalAction
{
    public static int Run(EvalOptions options, IAnsiConsole console, Action<string> log)
    {
        using var run = TrainedRun.Open(options.Run, log, options.Best);
        var config = EvalInput.WithBlock(run, options.Block);
        if (options.File is { } file)
        {
            var text = EvalInput.OnFile(run, config, file);
            console.Write(Scores(run, text.Found, text.BytesPerToken, "loss"));
            return 0;
        }

        using var data = SessionData.Open(config, log);
        run.CheckData(data, "evaluate");

        using var alone = new LocalCollective(new GenerationPlan("eval", 1, 1, [new GenerationMember("eval", "localhost", 0, new ShardRange(0, 1))]));
        var found = new Evaluator(data, 0).Run(run.Network, alone);
        var table = Scores(run, found, data.ValBytesPerToken, "validation loss");
        if (data is PairData pairs)
            TranslationRows.Add(table, run, pairs, options.Decoding, log);
        console.Write(table);
        if (run.Network is VitModel classifier && run.Vocabulary is ImageVocabulary images)
            Confusion(run, classifier, images, data, log);
        return 0;
    }

    private static Table Scores(TrainedRun run, Evaluation found, double? textBytesPerToken, string loss)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("what").AddColumn("value");
        table.AddRow("checkpoint", Markup.Escape(run.Checkpoint.Path));
        table.AddRow(loss, Format.Loss(found.Loss));
        if (textBytesPerToken is { } bytesPerToken)
        {
            table.AddRow("perplexity", Math.Exp(found.Loss).ToString("0.000", CultureInfo.InvariantCulture));
            table.AddRow("bits per byte", (found.Loss / Math.Log(2) / bytesPerToken).ToString("0.0000", CultureInfo.InvariantCulture));
        }

        foreach (var (name, share) in found.Scores)
            table.AddRow(Markup.Escape(name), Format.Percent(share));
        table.AddRow(Markup.Escape(run.Network.ScoreNames[1]), found.Count.ToString(CultureInfo.InvariantCulture));
        return table;
    }

    private static void Confusion(TrainedRun run, VitModel classifier, ImageVocabulary images, SessionData data, Action<string> log)
    {
        var counts = new long[images.Classes.Count, images.Classes.Count];
        for (var batch = 0; batch < data.EvaluationBatches(0); batch++)
        {
            using var scope = torch.NewDisposeScope();
            foreach (var (label, predicted) in classifier.Classify((ImagesBatch)data.Evaluation(batch)))
                counts[label, predicted]++;
        }

        var path = Path.Combine(run.Folder.Path, "confusion.png");
        try
        {
            ConfusionPlot.Write(counts, images.Classes, run.Folder.Id, path);
            log(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: cannot be written ({e.Message.TrimEnd('.')}).", inner: e);
        }
    }
}
