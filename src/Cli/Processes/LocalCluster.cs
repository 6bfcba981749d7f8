using System.Collections.Concurrent;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Processes;

/// <summary>
/// Starts a run's coordinator and workers on this machine and follows them to the end. One thread, the caller of <see cref="Run"/>, owns all state;
/// everything else (lines, exits, signals) reaches it through a queue.
/// </summary>
public sealed class LocalCluster(IClusterPlan plan, IClusterObserver observer, RestartPolicy restarts, TimeProvider time) : IChildObserver, IDisposable
{
    // After the run's end the processes leave by themselves; this only bounds one that hangs.
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(10);

    private readonly BlockingCollection<Happening> _queue = [];
    private readonly PriorityQueue<Happening, DateTimeOffset> _timers = new();
    private readonly Dictionary<int, ChildProcess> _workers = [];
    private readonly Dictionary<int, List<DateTimeOffset>> _restarted = [];
    private readonly HashSet<int> _waitingForRestart = [];
    private ChildProcess? _coordinator;
    private CoordinatorReady? _ready;
    private RunEnded? _ended;
    private bool _stopping;

    private abstract record Happening;

    private sealed record Said(string Line) : Happening;

    private sealed record Exited(ChildProcess Child, int Code) : Happening;

    private sealed record RestartDue(int Worker) : Happening;

    private sealed record ReadyOverdue : Happening;

    private sealed record LeaveOverdue : Happening;

    private sealed record StopAsked : Happening;

    private sealed record KillAsked : Happening;

    /// <summary>Runs to the end; blocks. All processes have ended, or are being ended by <see cref="Dispose"/>, when it returns.</summary>
    /// <returns>What the coordinator said last.</returns>
    /// <exception cref="UserErrorException">The processes could not be started, or died before the run's end.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Kill"/> was called.</exception>
    public RunEnded Run()
    {
        _coordinator = ChildProcess.Start(plan.Coordinator(), plan.LogFile("coordinator"), this);
        After(plan.StartTimeout, new ReadyOverdue());
        while (true)
        {
            Handle(Next());
            if (_ended is not null && _coordinator is null && _workers.Count == 0)
                return _ended;
        }
    }

    /// <summary>Asks for a graceful stop: the step is finished and a checkpoint written. From any thread.</summary>
    public void RequestStop() => Post(new StopAsked());

    /// <summary>Ends everything at once. From any thread.</summary>
    public void Kill() => Post(new KillAsked());

    /// <summary>Ends whatever still runs. Call from the thread that called <see cref="Run"/>.</summary>
    public void Dispose()
    {
        // All inputs close first, so that the processes leave side by side instead of one after the other.
        ChildProcess[] children = _coordinator is null ? [.. _workers.Values] : [.. _workers.Values, _coordinator];
        foreach (var child in children)
            child.CloseInput();
        foreach (var child in children)
            child.Dispose();
        _workers.Clear();
        _coordinator = null;
        _queue.CompleteAdding();
    }

    void IChildObserver.OnOutput(ChildProcess child, string line)
    {
        if (child.Name == "coordinator")
            Post(new Said(line));
        else
            observer.OnLog(child.Name, line);
    }

    void IChildObserver.OnError(ChildProcess child, string line) => observer.OnLog(child.Name, line);

    void IChildObserver.OnExit(ChildProcess child, int exitCode) => Post(new Exited(child, exitCode));

    private void Post(Happening happening)
    {
        try
        {
            _queue.Add(happening);
        }
        catch (InvalidOperationException) when (_queue.IsAddingCompleted)
        {
            // The cluster was disposed meanwhile: nobody is left to tell.
            return;
        }
    }

    private void After(TimeSpan delay, Happening happening) => _timers.Enqueue(happening, time.GetUtcNow() + delay);

    private Happening Next()
    {
        while (true)
        {
            var wait = Timeout.InfiniteTimeSpan;
            if (_timers.TryPeek(out var due, out var at))
            {
                wait = at - time.GetUtcNow();
                if (wait <= TimeSpan.Zero)
                {
                    _timers.Dequeue();
                    return due;
                }
            }

            if (_queue.TryTake(out var happening, wait))
                return happening;
        }
    }

    private void Handle(Happening happening)
    {
        switch (happening)
        {
            case Said said:
                HandleLine(said.Line);
                break;
            case Exited exited when exited.Child == _coordinator:
                HandleCoordinatorExit(exited.Code);
                break;
            case Exited exited:
                HandleWorkerExit(exited.Child, exited.Code);
                break;
            case RestartDue due:
                _waitingForRestart.Remove(due.Worker);
                if (!_stopping && _ended is null)
                    StartWorker(due.Worker);
                break;
            case StopAsked:
                _stopping = true;
                _coordinator?.Tell("stop");
                break;
            case KillAsked:
                _coordinator?.Kill();
                foreach (var worker in _workers.Values)
                    worker.Kill();
                throw new OperationCanceledException("The run was stopped at once.");
            case ReadyOverdue when _ready is null && _ended is null:
                throw new UserErrorException(
                    $"The coordinator was not ready within {plan.StartTimeout.TotalSeconds:0.#} s{LastWords(_coordinator)}; raise cluster.start_timeout if the machine is that slow.");
            case LeaveOverdue:
                // Dispose ends whoever is left, one by one and with their trees.
                Dispose();
                break;
        }
    }

    private void HandleLine(string line)
    {
        if (RunEvent.TryParse(line) is not { } e)
        {
            observer.OnLog("coordinator", line);
            return;
        }

        observer.OnEvent(e);
        switch (e)
        {
            case CoordinatorReady ready when _ready is null:
                _ready = ready;
                for (var i = 0; i < plan.Workers && !_stopping; i++)
                    StartWorker(i);
                break;
            case RunEnded ended:
                _ended = ended;
                After(LeaveTime, new LeaveOverdue());
                break;
        }
    }

    private void StartWorker(int index)
    {
        var start = plan.Worker(index, _ready!.Host, _ready.Port);
        _workers[index] = ChildProcess.Start(start, plan.LogFile(start.Name), this);
    }

    private void HandleCoordinatorExit(int code)
    {
        var coordinator = _coordinator!;
        _coordinator = null;
        var lastWords = LastWords(coordinator);
        coordinator.Dispose();
        if (_ended is null)
        {
            throw new UserErrorException(
                $"The coordinator ended before the run did (exit code {code}){lastWords}.",
                code == UserErrorException.Usage ? UserErrorException.Usage : UserErrorException.Failure);
        }
    }

    private void HandleWorkerExit(ChildProcess child, int code)
    {
        var index = _workers.FirstOrDefault(pair => pair.Value == child, new(-1, child)).Key;
        if (index < 0)
            return;
        _workers.Remove(index);
        var lastWords = LastWords(child);
        child.Dispose();
        if (_ended is not null)
            return;

        if (!_stopping)
        {
            var now = time.GetUtcNow();
            var earlier = _restarted.TryGetValue(index, out var times) ? times : _restarted[index] = [];
            switch (restarts.Decide(earlier, now, code))
            {
                case Restart restart:
                    earlier.Add(now);
                    _waitingForRestart.Add(index);
                    After(restart.Delay, new RestartDue(index));
                    observer.OnEvent(new Notice($"Worker {child.Name} ended (exit code {code}){lastWords}; it is started again."));
                    return;
                case GiveUp giveUp:
                    observer.OnEvent(new Notice($"Worker {child.Name} ended (exit code {code}){lastWords}; it is not started again: {giveUp.Reason}."));
                    break;
            }
        }

        var left = _workers.Count + _waitingForRestart.Count;
        if (_stopping ? left == 0 : left < plan.MinWorkers)
        {
            throw new UserErrorException(
                $"Worker {child.Name} ended (exit code {code}){lastWords}; {left} of at least {plan.MinWorkers} workers are left, so the run cannot go on.",
                code == UserErrorException.Usage ? UserErrorException.Usage : UserErrorException.Failure);
        }
    }

    private static string LastWords(ChildProcess? child)
    {
        if (child is null)
            return "";
        var last = child.LastErrors.Count > 0 ? $": {string.Join(" | ", child.LastErrors.TakeLast(3)).TrimEnd('.')}" : "";
        return $"{last} (log: {child.LogPath})";
    }
}
