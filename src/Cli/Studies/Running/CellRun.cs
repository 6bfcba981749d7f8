using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Studies.Running;

/// <summary>A run that was made for a cell before.</summary>
/// <param name="IsSame">It has the cell's configuration.</param>
/// <param name="Outcome">How it ended; null: it did not, or its record is not whole.</param>
/// <param name="HasCheckpoint">There is something to resume from.</param>
public sealed record CellRun(string Path, bool IsSame, RunOutcome? Outcome, bool HasCheckpoint)
{
    /// <summary>All runs of that name in the study's folder, oldest first.</summary>
    public static IReadOnlyList<CellRun> Find(StudyCell cell) => [.. Paths(cell).Select(path => Read(path, cell))];

    /// <summary>Their folders.</summary>
    public static IReadOnlyList<string> Paths(StudyCell cell)
    {
        if (!Directory.Exists(cell.Config.Output))
            return [];
        return [.. Directory.GetDirectories(cell.Config.Output, cell.Id + "-*")
            .Where(path => IsNamed(System.IO.Path.GetFileName(path), cell.Id))
            .Order(StringComparer.Ordinal)];
    }

    /// <summary>What is to be done for a cell whose runs so far are these, oldest first. Pure.</summary>
    public static (CellAction Action, string? Run) Decide(IReadOnlyList<CellRun> runs)
    {
        var same = runs.Where(r => r.IsSame).Reverse().ToArray();
        // What the guard stopped would come to the same step with the same numbers again.
        RunOutcome[] final = [RunOutcome.Finished, RunOutcome.EarlyStopped, RunOutcome.Guarded];
        if (same.FirstOrDefault(r => r.Outcome is { } outcome && final.Contains(outcome)) is { } done)
            return (CellAction.None, done.Path);
        return same.FirstOrDefault(r => r.HasCheckpoint) is { } broken ? (CellAction.Resume, broken.Path) : (CellAction.Start, null);
    }

    // 'name-yyyyMMdd-HHmmss' and perhaps a number: a cell's name may begin like another's.
    private static bool IsNamed(string folder, string id) =>
        folder.Length >= id.Length + 16 && folder[(id.Length + 1)..].All(c => char.IsAsciiDigit(c) || c == '-') && folder[id.Length + 9] == '-';

    private static CellRun Read(string path, StudyCell cell)
    {
        var run = new RunFolder(path);
        return new CellRun(
            path,
            IsSameConfig(run, cell.Config),
            File.Exists(run.MetricsFile) && RunSummary.TryRead(run.SummaryFile) is { } summary && !LacksScores(summary, cell.Config) ? summary.Outcome : null,
            Directory.Exists(run.Checkpoints) && Directory.EnumerateDirectories(run.Checkpoints).Any());
    }

    // The summary is there before the translations, which take long: interrupted between the two, the run is resumed, which translates alone.
    private static bool LacksScores(RunSummary summary, RunConfig config) =>
        summary.Outcome is RunOutcome.Finished or RunOutcome.EarlyStopped && summary.TestScores is null && StudyMetrics.ScoresTranslations(config);

    private static bool IsSameConfig(RunFolder run, RunConfig config)
    {
        try
        {
            // The folder may have been moved, or be named from another place.
            return ConfigLoader.LoadFile(run.ConfigFile, []) with { Output = config.Output } == config;
        }
        catch (UserErrorException)
        {
            return false; // interrupted while it was written, or by another version: not this cell's
        }
    }
}

public enum CellAction
{
    /// <summary>It is done.</summary>
    None,
    Resume,
    Start,
}
