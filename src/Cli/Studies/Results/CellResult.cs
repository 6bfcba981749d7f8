using System.Text.Json.Serialization;
using DyT.Cli.Studies.Running;
using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Studies.Results;

/// <summary>What one cell came to. Losses are nats, times seconds, memory bytes.</summary>
public sealed record CellResult
{
    /// <summary>Steps left out of times: the JIT compiles and memory is touched for the first time.</summary>
    private const int WarmUp = 10;

    public required string Cell { get; init; }

    /// <summary>Label by axis.</summary>
    public required IReadOnlyDictionary<string, string> Axes { get; init; }

    public required long Seed { get; init; }

    public required double LearningRate { get; init; }

    public required RunOutcome Outcome { get; init; }

    /// <summary>Why it is not whole.</summary>
    public string? Message { get; init; }

    public long Steps { get; init; }

    public double? TrainLoss { get; init; }

    public double? BestValLoss { get; init; }

    public long? BestValStep { get; init; }

    public double? FinalValLoss { get; init; }

    /// <summary>Of the last evaluation, as shares; and of a translator's test, 0 to 100.</summary>
    public IReadOnlyDictionary<string, double>? Scores { get; init; }

    /// <summary>Every alpha and branch scalar by the name of what it belongs to: at the first evaluation and at the last.</summary>
    public IReadOnlyDictionary<string, ScalarEnds>? Scalars { get; init; }

    public double? TokensPerSecond { get; init; }

    /// <summary>Median, evaluation and checkpoints left out: a machine that is busy for a moment shall not count.</summary>
    public double? StepSeconds { get; init; }

    /// <summary>Of one worker.</summary>
    public long? PeakResidentBytes { get; init; }

    public string? Run { get; init; }

    public required string Command { get; init; }

    /// <summary>Validation loss by step and tokens seen; not in the file, for the run's folder has it.</summary>
    [JsonIgnore]
    public IReadOnlyList<CurveSample> Curve { get; init; } = [];

    /// <summary>The scalars at each evaluation; not in the file either.</summary>
    [JsonIgnore]
    public IReadOnlyList<(long Step, IReadOnlyDictionary<string, double> Values)> ScalarCurve { get; init; } = [];

    /// <summary>End of the last step.</summary>
    [JsonIgnore]
    public DateTimeOffset? Ended { get; init; }

    [JsonIgnore]
    public bool IsWhole => Outcome is RunOutcome.Finished or RunOutcome.EarlyStopped;

    /// <summary>Its numbers stand: it came to its end, or diverged and would again.</summary>
    public bool IsAtItsEnd => IsWhole || Outcome == RunOutcome.Guarded;

    /// <summary>A number by its name: val_loss, best_val_loss, step_seconds, tokens_per_second, peak_resident_bytes, or a score's; null where there is none.</summary>
    public double? Metric(string name) => name switch
    {
        "val_loss" => FinalValLoss,
        "best_val_loss" => BestValLoss,
        "step_seconds" => StepSeconds,
        "tokens_per_second" => TokensPerSecond,
        "peak_resident_bytes" => PeakResidentBytes,
        _ => Scores is not null && Scores.TryGetValue(name, out var score) ? score : null,
    };

    /// <summary>From the run's ledger and not from what one command saw of it: a resumed run's numbers are those of the whole.</summary>
    public static CellResult Read(StudyPlan plan, CellOutcome outcome)
    {
        var cell = outcome.Cell;
        var result = new CellResult
        {
            Cell = cell.Id,
            Axes = new OrderedDictionary<string, string>(plan.Axes.Zip(cell.Group.Labels, (axis, label) => new KeyValuePair<string, string>(axis.Name, label))),
            Seed = cell.Seed,
            LearningRate = cell.Config.Optimizer.Lr,
            Outcome = outcome.Outcome,
            Message = outcome.Message.Length > 0 ? outcome.Message : null,
            Run = outcome.Run,
            Command = StudyCommandLine.Text(plan, cell),
        };
        return outcome.Run is { } path ? result.With(new RunFolder(path)) : result;
    }

    /// <param name="run">Its ledger may be missing, when it ended before the first step.</param>
    private CellResult With(RunFolder run)
    {
        if (!File.Exists(run.MetricsFile))
            return this;
        try
        {
            return With(MetricsLog.Read(run.MetricsFile), RunSummary.TryRead(run.SummaryFile));
        }
        catch (Exception e) when (e is UserErrorException or IOException or UnauthorizedAccessException)
        {
            // One damaged ledger is named and costs its cell alone.
            return this with { Outcome = RunOutcome.Failed, Message = $"{e.Message.TrimEnd('.')}; delete {run.Path} to train the cell again" };
        }
    }

    /// <summary>The numbers of a run's steps. Pure.</summary>
    public CellResult With(IReadOnlyList<StepMetrics> steps, RunSummary? summary)
    {
        if (steps.Count == 0)
            return this;
        var evaluations = steps.Where(s => s.ValLoss is { } loss && double.IsFinite(loss)).ToArray();
        var best = evaluations.MinBy(s => s.ValLoss);
        var timed = steps.Skip(Math.Min(WarmUp, steps.Count / 2)).ToArray();
        var seconds = timed.Select(s => s.Seconds).Order().ElementAt(timed.Length / 2);
        var tokens = 0L;
        var curve = new List<CurveSample>();
        foreach (var step in steps)
        {
            tokens += step.Tokens;
            if (step.ValLoss is { } loss)
                curve.Add(new CurveSample(step.Step, tokens, loss));
        }

        (long Step, IReadOnlyDictionary<string, double> Values)[] scalars = [.. steps.Where(s => s.Scalars is { Count: > 0 }).Select(s => (s.Step, s.Scalars!))];

        return this with
        {
            Steps = steps[^1].Step,
            TrainLoss = steps.Skip(steps.Count - Math.Max(1, steps.Count / 20)).Average(s => s.Loss),
            BestValLoss = best?.ValLoss,
            BestValStep = best?.Step,
            FinalValLoss = evaluations.LastOrDefault()?.ValLoss,
            Scores = Joined(evaluations.LastOrDefault()?.ValScores, summary?.TestScores),
            Scalars = scalars.Length == 0 ? null : ScalarEnds.Of(scalars[0].Values, scalars[^1].Values),
            ScalarCurve = scalars,
            TokensPerSecond = seconds > 0 ? timed.Average(s => s.Tokens) / seconds : null,
            StepSeconds = seconds,
            PeakResidentBytes = summary?.PeakResidentBytes,
            Curve = curve,
            Ended = steps[^1].Time.AddSeconds(steps[^1].Seconds),
        };
    }

    private static IReadOnlyDictionary<string, double>? Joined(IReadOnlyDictionary<string, double>? shares, IReadOnlyDictionary<string, double>? test) =>
        shares is null || test is null ? shares ?? test : new OrderedDictionary<string, double>(shares.Concat(test));
}

/// <summary>A learned scalar early and late.</summary>
/// <param name="First">At the first evaluation.</param>
/// <param name="Last">At the last one.</param>
public readonly record struct ScalarEnds(double First, double Last)
{
    /// <summary>Those that stand at both ends, in the last's order.</summary>
    public static IReadOnlyDictionary<string, ScalarEnds> Of(IReadOnlyDictionary<string, double> first, IReadOnlyDictionary<string, double> last) =>
        new OrderedDictionary<string, ScalarEnds>(last.Where(s => first.ContainsKey(s.Key)).Select(s => new KeyValuePair<string, ScalarEnds>(s.Key, new ScalarEnds(first[s.Key], s.Value))));
}

/// <summary>One evaluation on the way.</summary>
public readonly record struct CurveSample(long Step, long Tokens, double Loss);
