using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Summaries;
using DyT.Cli.Views;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Calibration;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Runs;
using DyT.Training.Session;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt convert</c>: a new run with other sites from a trained one, what that costs, and what fine-tuning brings back.</summary>
internal static class ConvertAction
{
    public static int Run(ConvertOptions options, IAnsiConsole console)
    {
        Action<string> log = console.Profile.Out.Writer.WriteLine;
        using var alone = new LocalCollective(new GenerationPlan("convert", 1, 1, [new GenerationMember("convert", "localhost", 0, new ShardRange(0, 1))]));
        Evaluation before;
        Evaluation after;
        RunFolder folder;
        CalibrationReport? report = null;
        using (var source = TrainedRun.Open(options.Run, log, options.Best))
        {
            var config = Configure(source.Config, options);
            using var data = SessionData.Open(config, log);
            if (data.Vocabulary.Hash != source.Vocabulary.Hash)
                throw new UserErrorException($"{config.Data.Source}: its vocabulary is not the one that {source.Checkpoint.Path} was trained with; restore the data.");
            var evaluator = new Evaluator(data, config.Train.EvalBatches);
            before = evaluator.Run(source.Network, alone);
            using var state = TrainerState.Create(config, data.Shape);
            Conversion.Copy(source, state);
            if (options.ClosedForm)
                report = Conversion.Fit(source, state, config, data, options.Stage, alone);
            after = evaluator.Run(state.Network, alone);
            folder = RunPreparation.Create(config, data, DateTimeOffset.Now);
            using var checkpoints = new SessionCheckpoints(config, folder, data, state);
            checkpoints.SaveFresh();
        }

        if (report is not null)
            console.Write(CalibrationTable.Of(report));
        StepMetrics? tuned = null;
        if (options.Steps > 0)
        {
            TrainAction.Run(new TrainOptions(null, folder.Path, [], Profile: false), console);
            tuned = File.Exists(folder.MetricsFile) ? MetricsLog.Read(folder.MetricsFile).LastOrDefault(step => step.ValLoss is not null) : null;
        }

        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("validation loss", options.ClosedForm ? "closed form" : "default").Columns[1].RightAligned();
        table.AddRow("before", Format.Loss(before.Loss));
        table.AddRow("after conversion", Format.Loss(after.Loss));
        if (tuned is not null)
            table.AddRow(string.Create(CultureInfo.InvariantCulture, $"after {tuned.Step} steps"), Format.Loss(tuned.ValLoss));
        console.Write(table);
        var isStopped = options.Steps > 0 && RunSummary.TryRead(folder.SummaryFile)?.Outcome == RunOutcome.Stopped;
        log(options.Steps > 0 && !isStopped ? folder.Path : $"{folder.Path}: to fine-tune it: dyt train --resume {folder.Path}");
        return isStopped ? ErrorBoundary.Interrupted : 0;
    }

    /// <summary>The new run's settings: the old one's with other sites, so many steps, and what the user set, checked as a file is.</summary>
    private static RunConfig Configure(RunConfig source, ConvertOptions options)
    {
        var config = Conversion.Configure(source, options.To, options.Alpha);
        var steps = options.Steps > 0 ? options.Steps : source.Train.Steps;
        config = config with { Train = config.Train with { Steps = steps }, Schedule = config.Schedule with { Warmup = Math.Min(config.Schedule.Warmup, steps / 10) } };
        var converted = ConfigLoader.Parse(ConfigWriter.ToYaml(config, comments: false), "the run's configuration", options.Overrides);
        Conversion.Check(source, converted);
        return converted;
    }
}
