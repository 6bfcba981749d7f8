using System.Collections.Concurrent;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Processes;

/// <summary>
/// Starts a run's coordinators and workers on this machine, starts again whoever dies, and follows them to the end. One thread, the caller of
/// <see cref="Run"/>, owns all state; everything else (lines, exits, signals) reaches it through a queue.
/// </summary>
public sealed class LocalCluster(IClusterPlan plan, IClusterObserver observer, RestartPolicy restarts, TimeProvider time) : IChildObserver, IDisposable
{
    // After the run's end the processes leave by themselves; this only bounds one that hangs.
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(10);

    // Between a child's end by Ctrl-C and ours being told of the same Ctrl-C: both are on their way at once.
    private static readonly TimeSpan SignalTime = TimeSpan.FromMilliseconds(200);

    // Workers leave when the run is over, and the coordinator's line that says so may be read later than their end.
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(3);

    private readonly BlockingCollection<Happening> _queue = [];
    private readonly PriorityQueue<Happening, DateTimeOffset> _timers = new();
    private readonly Group _workers = new();
    private readonly Group _coordinators = new();
    private readonly Dictionary<int, CoordinatorReady> _addresses = []; // of coordinators, by index; kept over restarts
    private volatile string _deciding = ClusterPlan.CoordinatorName(0);
    private bool _coordinatorsReady;
    private int _nextWorker;
    private bool _began; // there has been a generation
    private RunEnded? _ended;
    private bool _stopping;

    private abstract record Happening;

    private sealed record Said(ChildProcess Child, string Line) : Happening;

    private sealed record Exited(ChildProcess Child, int Code) : Happening;

    private sealed record RestartDue(Group Group, int Index) : Happening;

    private sealed record JoinAsked : Happening;

    private sealed record ReadyOverdue : Happening;

    private sealed record LeaveOverdue : Happening;

    private sealed record TooFewWorkers(UserErrorException Problem) : Happening;

    private sealed record StopAsked : Happening;

    private sealed record KillAsked : Happening;

    /// <summary>Runs to the end; blocks. All processes have ended, or are being ended by <see cref="Dispose"/>, when it returns.</summary>
    /// <returns>What the coordinator said last.</returns>
    /// <exception cref="UserErrorException">The processes could not be started, or died before the run's end.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Kill"/> was called.</exception>
    public RunEnded Run()
    {
        StartCoordinator(0);
        After(plan.StartTimeout, new ReadyOverdue());
        if (plan.TellsWorkersLater)
            StartWorkers();
        while (true)
        {
            Handle(Next());
            if (_ended is not null && _coordinators.Running.Count == 0 && _workers.Running.Count == 0)
                return _ended;
        }
    }

    /// <summary>Asks for a graceful stop: the step is finished and a checkpoint written. From any thread.</summary>
    public void RequestStop() => Post(new StopAsked());

    /// <summary>The coordinator that spoke last of the run: the one in charge. From any thread.</summary>
    public string Deciding => _deciding;

    /// <summary>Starts one more worker. From any thread.</summary>
    public void AddWorker() => Post(new JoinAsked());

    /// <summary>Names and process ids of what runs now. From any thread.</summary>
    public IReadOnlyList<(string Name, int Id)> Snapshot() => [.. _coordinators.Snapshot(), .. _workers.Snapshot()];

    /// <summary>Ends everything at once. From any thread.</summary>
    public void Kill() => Post(new KillAsked());

    /// <summary>Ends whatever still runs. Call from the thread that called <see cref="Run"/>.</summary>
    public void Dispose()
    {
        // All inputs close first, so that the processes leave side by side instead of one after the other.
        ChildProcess[] children = [.. _workers.Running.Values, .. _coordinators.Running.Values];
        foreach (var child in children)
            child.CloseInput();
        foreach (var child in children)
            child.Dispose();
        _workers.Clear();
        _coordinators.Clear();
        _queue.CompleteAdding();
    }

    void IChildObserver.OnOutput(ChildProcess child, string line)
    {
        if (child.Name.StartsWith("coordinator", StringComparison.Ordinal))
            Post(new Said(child, line));
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
                HandleLine(said.Child, said.Line);
                break;
            case Exited exited when _coordinators.IndexOf(exited.Child) is >= 0 and var index:
                HandleCoordinatorExit(index, exited.Child, exited.Code);
                break;
            case Exited exited when _workers.IndexOf(exited.Child) is >= 0 and var index:
                HandleWorkerExit(index, exited.Child, exited.Code);
                break;
            case TooFewWorkers few when _ended is null && LacksWorkers:
                throw few.Problem;
            case RestartDue due:
                due.Group.Waiting.Remove(due.Index);
                if (_ended is not null || (_stopping && due.Group == _workers))
                    break;
                if (due.Group == _workers)
                    StartWorker(due.Index);
                else
                    StartCoordinator(due.Index);
                break;
            case JoinAsked when _coordinatorsReady && !_stopping && _ended is null:
                StartWorker(_nextWorker++);
                break;
            case StopAsked:
                _stopping = true;
                foreach (var coordinator in _coordinators.Running.Values)
                    coordinator.Tell("stop");
                break;
            case KillAsked:
                foreach (var child in _coordinators.Running.Values.Concat(_workers.Running.Values))
                    child.Kill();
                throw new OperationCanceledException("The run was stopped at once.");
            case ReadyOverdue when !_coordinatorsReady && _ended is null:
                throw new UserErrorException(
                    $"The coordinator was not ready within {plan.StartTimeout.TotalSeconds:0.#} s{LastWords(_coordinators.Running.Values.FirstOrDefault())}; raise cluster.start_timeout if the machine is that slow.");
            case LeaveOverdue:
                // Dispose ends whoever is left, one by one and with their trees.
                Dispose();
                break;
        }
    }

    private void HandleLine(ChildProcess child, string line)
    {
        if (RunEvent.TryParse(line) is not { } e)
        {
            observer.OnLog(child.Name, line);
            return;
        }

        if (e is not CoordinatorReady)
            _deciding = child.Name;
        observer.OnEvent(e);
        switch (e)
        {
            case CoordinatorReady ready when _coordinators.IndexOf(child) is >= 0 and var index:
                _addresses[index] = ready;
                HandleReady(child, index);
                break;
            case GenerationFormed:
                _began = true;
                break;
            case RunEnded ended:
                _ended = ended;
                After(LeaveTime, new LeaveOverdue());
                if (!_began)
                    DismissWorkers(); // they hold nothing, and may not have found the coordinator before it went: they would go on looking for it
                break;
        }
    }

    /// <summary>
    /// Coordinators start one after the other, each knowing those before it. Then the workers start, knowing all; or they are told now, having started
    /// beside the first coordinator and loaded meanwhile what they need in any case.
    /// </summary>
    private void HandleReady(ChildProcess coordinator, int index)
    {
        if (_stopping)
            coordinator.Tell("stop"); // asked for while this one was not there
        if (_coordinatorsReady)
            return;
        if (index + 1 < plan.Coordinators)
        {
            StartCoordinator(index + 1);
            return;
        }

        _coordinatorsReady = true;
        if (!plan.TellsWorkersLater)
            StartWorkers();
        else if (_stopping)
            DismissWorkers(); // nobody has spoken to them yet
        else
            TellWorkers($"coordinators {string.Join(',', Addresses)}");
    }

    private IReadOnlyList<string> Addresses => [.. _addresses.OrderBy(a => a.Key).Select(a => AddressText(a.Value))];

    private void StartWorkers()
    {
        for (_nextWorker = 0; _nextWorker < plan.Workers && !_stopping; _nextWorker++)
            StartWorker(_nextWorker);
    }

    private void TellWorkers(string line)
    {
        foreach (var worker in _workers.Running.Values)
            worker.Tell(line);
    }

    private void DismissWorkers()
    {
        ChildProcess[] workers = [.. _workers.Running.Values];
        _workers.Clear();
        foreach (var worker in workers)
            worker.CloseInput();
        foreach (var worker in workers)
            worker.Dispose();
    }

    private void StartCoordinator(int index)
    {
        int? port = _addresses.TryGetValue(index, out var before) ? before.Port : null;
        var others = _addresses.Where(a => a.Key != index).OrderBy(a => a.Key).Select(a => AddressText(a.Value)).ToList();
        var start = plan.Coordinator(index, port, others);
        _coordinators.Add(index, ChildProcess.Start(start, plan.LogFile(start.Name), this));
    }

    private void StartWorker(int index)
    {
        var start = plan.Worker(index, _coordinatorsReady ? Addresses : []);
        _workers.Add(index, ChildProcess.Start(start, plan.LogFile(start.Name), this));
    }

    private void HandleCoordinatorExit(int index, ChildProcess child, int code)
    {
        _coordinators.Remove(index);
        var lastWords = LastWords(child);
        child.Dispose();
        if (_ended is not null)
            return;
        if (WasInterruptedEarly(code))
        {
            // Also when a stop was asked for: it alone can say where the run stands, and ends it as soon as it is ready.
            StartLater(_coordinators, index);
            return;
        }

        if (_coordinatorsReady && TryRestart(_coordinators, index, $"The {child.Name}", code, lastWords, "the workers go on meanwhile, and it is started again"))
            return;
        if (_coordinators.Running.Count + _coordinators.Waiting.Count > 0 && _coordinatorsReady)
            return; // another one decides
        throw new UserErrorException(
            $"The coordinator ended before the run did (exit code {code}){lastWords}.",
            code == UserErrorException.Usage ? UserErrorException.Usage : UserErrorException.Failure);
    }

    private void HandleWorkerExit(int index, ChildProcess child, int code)
    {
        _workers.Remove(index);
        var lastWords = LastWords(child);
        child.Dispose();
        if (_ended is not null || (_stopping && !_coordinatorsReady))
            return; // the coordinator ends the run when it is ready; it needs no workers for that
        if (WasInterruptedEarly(code))
        {
            StartLater(_workers, index);
            return;
        }

        if (code == 0)
            observer.OnEvent(new Notice($"Worker {child.Name} has left."));
        else if (!_stopping && TryRestart(_workers, index, $"Worker {child.Name}", code, lastWords, "it is started again"))
            return;

        if (!LacksWorkers)
            return;
        var problem = new UserErrorException(
            $"Worker {child.Name} ended (exit code {code}){lastWords}; {Left} of at least {plan.MinWorkers} workers are left, so the run cannot go on.",
            code == UserErrorException.Usage ? UserErrorException.Usage : UserErrorException.Failure);
        if (code != 0)
            throw problem;
        After(EndPatience, new TooFewWorkers(problem));
    }

    private int Left => _workers.Running.Count + _workers.Waiting.Count;

    private bool LacksWorkers => _stopping ? Left == 0 : Left < plan.MinWorkers;

    /// <summary>
    /// Ctrl-C at a terminal reaches the whole process group, also children that cannot pay attention yet: the system ends those. What it means is ours to say,
    /// and we may learn of it a moment later than of their end.
    /// </summary>
    private bool WasInterruptedEarly(int code) => !_coordinatorsReady && code == ErrorBoundary.Interrupted;

    private void StartLater(Group group, int index)
    {
        group.Waiting.Add(index);
        After(SignalTime, new RestartDue(group, index));
    }

    private bool TryRestart(Group group, int index, string who, int code, string lastWords, string consequence)
    {
        var now = time.GetUtcNow();
        var earlier = group.Restarts(index);
        switch (restarts.Decide(earlier, now, code))
        {
            case Restart restart:
                earlier.Add(now);
                group.Waiting.Add(index);
                After(restart.Delay, new RestartDue(group, index));
                observer.OnEvent(new Notice($"{who} ended (exit code {code}){lastWords}; {consequence}."));
                return true;
            case GiveUp giveUp:
                observer.OnEvent(new Notice($"{who} ended (exit code {code}){lastWords}; it is not started again: {giveUp.Reason}."));
                break;
        }

        return false;
    }

    private static string AddressText(CoordinatorReady address) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{address.Host}:{address.Port}");

    private static string LastWords(ChildProcess? child)
    {
        if (child is null)
            return "";
        var last = child.LastErrors.Count > 0 ? $": {string.Join(" | ", child.LastErrors.TakeLast(3)).TrimEnd('.')}" : "";
        return $"{last} (log: {child.LogPath})";
    }

    /// <summary>Processes of one kind, by index.</summary>
    private sealed class Group
    {
        private readonly Dictionary<int, List<DateTimeOffset>> _restarts = [];
        private readonly Dictionary<int, ChildProcess> _running = [];

        public IReadOnlyDictionary<int, ChildProcess> Running => _running;

        /// <summary>Dead, and due to be started again.</summary>
        public HashSet<int> Waiting { get; } = [];

        /// <summary>When the process of this index was started again.</summary>
        public List<DateTimeOffset> Restarts(int index) => _restarts.TryGetValue(index, out var times) ? times : _restarts[index] = [];

        public int IndexOf(ChildProcess child) => _running.FirstOrDefault(p => p.Value == child, new(-1, child)).Key;

        public void Add(int index, ChildProcess child)
        {
            lock (_running)
                _running.Add(index, child);
        }

        public void Remove(int index)
        {
            lock (_running)
                _running.Remove(index);
        }

        public void Clear()
        {
            lock (_running)
                _running.Clear();
        }

        public List<(string Name, int Id)> Snapshot()
        {
            lock (_running)
                return [.. _running.Values.Select(c => (c.Name, c.Id))];
        }
    }
}
