using DyT.Cli.Studies.Running;
using DyT.Cli.Summaries;
using DyT.Runs;

namespace DyT.Cli.Studies.Progress;

/// <summary>Keeps count of a study's cells and of the work that they are, while they run. From any thread.</summary>
public sealed class StudyProgress
{
    private readonly StudyRunner _runner;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly int _total;
    private readonly double _work;
    private readonly Lock _lock = new();
    private int _done;
    private double _before;
    private double _now;

    /// <param name="cells">All that are to be done, the trials of learning rates included.</param>
    public StudyProgress(StudyRunner runner, IReadOnlyList<StudyCell> cells, TimeProvider time)
    {
        (_runner, _time, _start) = (runner, time, time.GetTimestamp());
        (_total, _work) = (cells.Count, CellWork.Sum(cells.Select(c => CellWork.Of(c.Config))).Flops);
    }

    /// <summary>Counts a cell as done.</summary>
    /// <param name="before">It was so before this command.</param>
    /// <returns>How many are.</returns>
    public int Done(StudyCell cell, bool before)
    {
        var work = CellWork.Of(cell.Config).Flops;
        lock (_lock)
        {
            _done++;
            if (before)
                _before += work;
            else
                _now += work;
            return _done;
        }
    }

    public StudyStatus Status()
    {
        var running = _runner.Running.Select(r => (r.Cell, Status: Of(r))).ToArray();
        var half = running.Sum(r => CellWork.Of(r.Cell.Config).Flops * r.Status.Step / Math.Max(1, r.Status.Steps));
        var elapsed = _time.GetElapsedTime(_start);
        lock (_lock)
            return new StudyStatus(_done, _total, [.. running.Select(r => r.Status)], elapsed, StudyStatus.TimeFor(_work - _before - _now - half, _now + half, elapsed));
    }

    private static CellStatus Of(RunningCell running) =>
        CellStatus.Of(running.Cell.Id, running.Cell.Config.Train.Steps, running.RunOf() is { } run ? MetricsLog.Tail(new RunFolder(run).MetricsFile) : []);
}
