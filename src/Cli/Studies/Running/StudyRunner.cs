using System.Collections.Concurrent;
using DyT.Cli.Processes;
using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Checkpoints;

namespace DyT.Cli.Studies.Running;

/// <summary>Makes what is missing of a study's runs, several at once, each by a child process; what stands on the disk is all it remembers.</summary>
public sealed class StudyRunner : IDisposable
{
    private readonly StudyPlan _plan;
    private readonly string _logs;
    private readonly Lock _lock = new();
    private readonly Func<StudyCell, IReadOnlyList<string>, string, ICellProcess> _start;
    private readonly Dictionary<ICellProcess, RunningCell> _running = [];
    private readonly StopSignals _signals;
    private int _started;
    private bool _stopping;
    private bool _killed;

    /// <param name="logs">Folder for the children's output.</param>
    /// <param name="say">Told once that the study is about to stop.</param>
    /// <param name="start">Starts a cell's process: the cell, the words behind <c>dyt</c>, its log. Null: this very program's.</param>
    public StudyRunner(StudyPlan plan, string logs, Action<string> say, Func<StudyCell, IReadOnlyList<string>, string, ICellProcess>? start = null)
    {
        (_plan, _logs) = (plan, logs);
        _start = start ?? ((cell, words, log) => new CellProcess(cell.Id, words, log));
        _signals = new StopSignals(
            graceful: () =>
            {
                say("Stopping the running cells with a checkpoint; the same command goes on. Ctrl-C again ends them at once.");
                Stop();
            },
            hard: Kill);
    }

    /// <summary>Nothing more is started.</summary>
    public bool IsStopping
    {
        get
        {
            lock (_lock)
                return _stopping;
        }
    }

    /// <summary>The cells that are being made right now, in the order of their start.</summary>
    public IReadOnlyList<RunningCell> Running
    {
        get
        {
            lock (_lock)
                return [.. _running.Values.OrderBy(r => r.Number)];
        }
    }

    /// <summary>Brings all cells to their end. One that fails does not keep the others.</summary>
    /// <param name="done">Told of each as it ends, one at a time; the flag says that nothing had to be done.</param>
    /// <returns>In the cells' order; fewer when the study was stopped.</returns>
    public IReadOnlyList<CellOutcome> Run(IReadOnlyList<StudyCell> cells, Action<CellOutcome, bool> done)
    {
        var outcomes = new CellOutcome?[cells.Count];
        var queue = new ConcurrentQueue<int>(Enumerable.Range(0, cells.Count));
        var telling = new Lock();
        void Work()
        {
            while (!IsStopping && queue.TryDequeue(out var i))
            {
                var (outcome, before) = Outcome(cells[i]);
                outcomes[i] = outcome;
                lock (telling)
                    done(outcome, before);
            }
        }

        Task.WaitAll([.. Enumerable.Range(0, Math.Min(_plan.File.Parallel, cells.Count)).Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);
        for (var i = 0; i < cells.Count; i++)
            outcomes[i] ??= DoneBefore(cells[i], CellRun.Find(cells[i])); // the study was stopped before it came to them
        return [.. outcomes.OfType<CellOutcome>()];
    }

    private static CellOutcome? DoneBefore(StudyCell cell, IReadOnlyList<CellRun> runs) =>
        CellRun.Decide(runs) is (CellAction.None, { } run) ? new CellOutcome(cell, run, runs.First(r => r.Path == run).Outcome!.Value, "") : null;

    /// <summary>Starts nothing more and asks the running cells to stop with a checkpoint. From any thread.</summary>
    public void Stop()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var child in _running.Keys)
                child.Stop();
        }
    }

    public void Dispose() => _signals.Dispose();

    /// <summary>A disk that fails one cell does not fail the study.</summary>
    private (CellOutcome Outcome, bool Before) Outcome(StudyCell cell)
    {
        try
        {
            return Finish(cell);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserErrorException)
        {
            return (new CellOutcome(cell, null, RunOutcome.Failed, e.Message), false);
        }
    }

    private (CellOutcome Outcome, bool Before) Finish(StudyCell cell)
    {
        var runs = CellRun.Find(cell);
        var (action, run) = CellRun.Decide(runs);
        switch (action)
        {
            case CellAction.None:
                return (DoneBefore(cell, runs)!, true);
            case CellAction.Resume:
                // Its old word must not be taken for the new one.
                File.Delete(new RunFolder(run!).SummaryFile);
                var resumed = Child(cell, StudyCommandLine.Resume(run!), () => run);
                if (resumed.Outcome != RunOutcome.Failed || IsStopping)
                    return (resumed, false);
                // A run without any whole checkpoint is made anew; whatever else went wrong (no space, a process of it that is still at work) is left for the next time.
                return (HasCheckpoint(run!) ? resumed with { Message = $"{resumed.Message?.TrimEnd('.') ?? "it could not be resumed"}; the same command tries it again, or delete {run} to train the cell from its beginning" } : Start(cell, runs), false);
            default:
                return (Start(cell, runs), false);
        }
    }

    private static bool HasCheckpoint(string run) => new CheckpointStore(new RunFolder(run).Checkpoints).NewestValid(_ => { }) is not null;

    private CellOutcome Start(StudyCell cell, IReadOnlyList<CellRun> before) =>
        Child(cell, StudyCommandLine.Start(_plan, cell), () => CellRun.Paths(cell).LastOrDefault(path => before.All(b => b.Path != path)));

    private CellOutcome Child(StudyCell cell, IReadOnlyList<string> words, Func<string?> runOf)
    {
        ICellProcess child;
        var log = Path.Combine(_logs, $"{cell.Id}.log");
        try
        {
            child = _start(cell, words, log);
        }
        catch (UserErrorException e)
        {
            return new CellOutcome(cell, null, RunOutcome.Failed, e.Message);
        }

        using (child)
        {
            lock (_lock)
            {
                _running.Add(child, new RunningCell(_started++, cell, runOf));
                if (_killed)
                    child.Kill();
                else if (_stopping)
                    child.Stop();
            }

            var exit = child.Wait();
            lock (_lock)
                _running.Remove(child);
            var run = runOf();
            return CellOutcome.Of(cell, run, run is null ? null : RunSummary.TryRead(new RunFolder(run).SummaryFile)?.Outcome, exit, log);
        }
    }

    private void Kill()
    {
        lock (_lock)
        {
            (_stopping, _killed) = (true, true);
            foreach (var child in _running.Keys)
                child.Kill();
        }
    }
}
