using System.Collections.Concurrent;
using DyT.Cli.Processes;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Studies.Running;

/// <summary>Makes what is missing of a study's runs, several at once, each by a child process; what stands on the disk is all it remembers.</summary>
public sealed class StudyRunner : IDisposable
{
    private readonly StudyPlan _plan;
    private readonly string _logs;
    private readonly Lock _lock = new();
    private readonly HashSet<CellProcess> _running = [];
    private readonly StopSignals _signals;
    private bool _stopping;
    private bool _killed;

    /// <param name="logs">Folder for the children's output.</param>
    /// <param name="say">Told once that the study is about to stop.</param>
    public StudyRunner(StudyPlan plan, string logs, Action<string> say)
    {
        (_plan, _logs) = (plan, logs);
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
                var (outcome, before) = Finish(cells[i]);
                outcomes[i] = outcome;
                lock (telling)
                    done(outcome, before);
            }
        }

        Task.WaitAll([.. Enumerable.Range(0, Math.Min(_plan.File.Parallel, cells.Count)).Select(_ => Task.Factory.StartNew(Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))]);
        return [.. outcomes.OfType<CellOutcome>()];
    }

    public void Dispose() => _signals.Dispose();

    private (CellOutcome Outcome, bool Before) Finish(StudyCell cell)
    {
        var runs = CellRun.Find(cell);
        var (action, run) = CellRun.Decide(runs);
        switch (action)
        {
            case CellAction.None:
                return (new CellOutcome(cell, run, runs.First(r => r.Path == run).Outcome!.Value, ""), true);
            case CellAction.Resume:
                // Its old word must not be taken for the new one.
                File.Delete(new RunFolder(run!).SummaryFile);
                var resumed = Child(cell, StudyCommandLine.Resume(run!), () => run);
                // A run that cannot be resumed (a broken checkpoint) is made anew; one that was stopped is left for the next time.
                return (resumed.Outcome == RunOutcome.Failed && !IsStopping ? Start(cell, runs) : resumed, false);
            default:
                return (Start(cell, runs), false);
        }
    }

    private CellOutcome Start(StudyCell cell, IReadOnlyList<CellRun> before) =>
        Child(cell, StudyCommandLine.Start(_plan, cell), () => CellRun.Find(cell).LastOrDefault(r => before.All(b => b.Path != r.Path))?.Path);

    private CellOutcome Child(StudyCell cell, IReadOnlyList<string> words, Func<string?> runOf)
    {
        CellProcess child;
        try
        {
            child = new CellProcess(cell.Id, words, Path.Combine(_logs, $"{cell.Id}.log"));
        }
        catch (UserErrorException e)
        {
            return new CellOutcome(cell, null, RunOutcome.Failed, e.Message);
        }

        using (child)
        {
            lock (_lock)
            {
                _running.Add(child);
                if (_killed)
                    child.Kill();
                else if (_stopping)
                    child.Stop();
            }

            var outcome = child.Wait(cell, runOf);
            lock (_lock)
                _running.Remove(child);
            return outcome;
        }
    }

    private void Stop()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var child in _running)
                child.Stop();
        }
    }

    private void Kill()
    {
        lock (_lock)
        {
            (_stopping, _killed) = (true, true);
            foreach (var child in _running)
                child.Kill();
        }
    }
}
