using System.CommandLine;
using System.Globalization;

namespace DyT.Bench.Start;

/// <summary><c>dyt bench start</c>: from the start of the process of <c>dyt train</c> to the end of its first step.</summary>
internal static class StartBench
{
    public static Command Command()
    {
        var config = new Argument<string>("CONFIG") { Description = "Configuration of the run.", DefaultValueFactory = _ => "configs/gpt-10m.yaml" };
        var turns = new Option<int>("--turns") { Description = "Starts, after one that warms up and is not counted.", DefaultValueFactory = _ => 7 };
        var command = new Command("start", "Time from the start of 'dyt train' with one worker to the end of its first step.") { config, turns };
        command.SetAction(parse => Run(parse.GetValue(config)!, parse.GetValue(turns)));
        return command;
    }

    private static int Run(string config, int turns)
    {
        Once(config);
        var starts = Enumerable.Range(0, turns).Select(_ => Once(config)).ToList();
        string[] Row(string what, Func<Moments, double> value) => [what, Report.Duration(Interleaved.Median(starts.Select(value))), Report.Duration(starts.Min(value)), Report.Duration(starts.Max(value))];
        Report.Print(
            $"start of 'dyt train {Path.GetFileName(config)}' with one worker, {turns} times",
            ["from the process' start to", "median", "fastest", "slowest"],
            [
                Row("the run's folder (data and tokenizer are open)", m => m.Folder),
                Row("the worker's session begins", m => m.Worker),
                Row("the first step begins", m => m.StepBegins),
                Row("the first step is done", m => m.StepEnds),
            ]);
        return 0;
    }

    private static Moments Once(string config)
    {
        using var run = new TrainingRun(config, ["--workers", "1", "--profile", .. TrainingRun.Settings("train.steps=1", "schedule.warmup=1")]);
        var folder = run.Finish();
        var step = TrainingRun.Steps(folder)[0];
        double Since(DateTimeOffset time) => (time - run.Began).TotalSeconds;
        return new Moments(
            Since(File.GetLastWriteTimeUtc(folder.ConfigFile)),
            Since(DateTime.ParseExact(Path.GetFileName(Directory.GetFiles(folder.TraceParts).Single())[..19], "yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal)),
            Since(step.Time),
            Since(step.Time) + step.Seconds);
    }

    /// <summary>Seconds since the process began.</summary>
    private sealed record Moments(double Folder, double Worker, double StepBegins, double StepEnds);
}
