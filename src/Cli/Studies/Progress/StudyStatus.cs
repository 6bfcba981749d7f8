using DyT.Runs;

namespace DyT.Cli.Studies.Progress;

/// <summary>Where a study stands, for people.</summary>
/// <param name="Done">Cells that are done, those before this command included.</param>
/// <param name="Left">About how long the rest takes; null: nothing to tell it from.</param>
public sealed record StudyStatus(int Done, int Total, IReadOnlyList<CellStatus> Running, TimeSpan Elapsed, TimeSpan? Left)
{
    /// <summary>
    /// Time for what is left, by the work done since the command began. Pure.
    /// </summary>
    /// <param name="done">FLOPs of this command.</param>
    /// <param name="left">FLOPs still to do.</param>
    public static TimeSpan? TimeFor(double left, double done, TimeSpan elapsed) =>
        left <= 0 ? TimeSpan.Zero : done > 0 && elapsed > TimeSpan.Zero && elapsed.TotalSeconds * (left / done) < TimeSpan.MaxValue.TotalSeconds / 2 ? elapsed * (left / done) : null;
}

/// <summary>Where a running cell stands.</summary>
/// <param name="Step">Last committed; 0 while it starts.</param>
/// <param name="Loss">Training loss of that step.</param>
/// <param name="Left">By its newest steps' times; null before the first.</param>
public sealed record CellStatus(string Cell, long Step, long Steps, double? Loss, TimeSpan? Left)
{
    /// <param name="newest">The end of its ledger, oldest first. Pure.</param>
    public static CellStatus Of(string cell, long steps, IReadOnlyList<StepMetrics> newest)
    {
        if (newest.Count == 0)
            return new CellStatus(cell, 0, steps, null, null);
        var last = newest[^1];
        return new CellStatus(cell, last.Step, steps, last.Loss, TimeSpan.FromSeconds(Math.Min(newest.Average(s => s.Seconds) * Math.Max(0, steps - last.Step), 1e9)));
    }
}
