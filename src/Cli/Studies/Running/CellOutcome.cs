using DyT.Runs;

namespace DyT.Cli.Studies.Running;

/// <summary>How a cell stands after the study has dealt with it.</summary>
/// <param name="Run">Its run's folder; null when none came to be.</param>
/// <param name="Message">Why it failed or was stopped; empty for a whole one.</param>
public sealed record CellOutcome(StudyCell Cell, string? Run, RunOutcome Outcome, string Message)
{
    /// <summary>All its steps are done, or it stopped early as it was told to: its numbers count.</summary>
    public bool IsWhole => Outcome is RunOutcome.Finished or RunOutcome.EarlyStopped;
}
