using DyT.Runs;

namespace DyT.Cli.Studies.Running;

/// <summary>How a cell stands after the study has dealt with it.</summary>
/// <param name="Run">Its run's folder; null when none came to be.</param>
/// <param name="Message">Why it failed or the guard stopped it; empty for a whole one.</param>
public sealed record CellOutcome(StudyCell Cell, string? Run, RunOutcome Outcome, string Message)
{
    /// <summary>All its steps are done, or it stopped early as it was told to: its numbers count.</summary>
    public bool IsWhole => Outcome is RunOutcome.Finished or RunOutcome.EarlyStopped;

    /// <summary>What a process that has ended made of its cell. Pure.</summary>
    /// <param name="told">The run's own word, which goes first: a guarded run exits as a failed one does. Null: none.</param>
    /// <param name="log">The process's log.</param>
    public static CellOutcome Of(StudyCell cell, string? run, RunOutcome? told, CellExit exit, string log)
    {
        var outcome = told ?? RunOutcome.Failed;
        var message = outcome is RunOutcome.Finished or RunOutcome.EarlyStopped or RunOutcome.Stopped
            ? ""
            : exit.LastError ?? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"ended with exit code {exit.Code}; see {log}");
        return new CellOutcome(cell, run, outcome, message);
    }
}
