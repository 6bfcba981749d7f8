using DyT.Cluster.Messages;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;

namespace DyT.Coordinator.Core;

/// <summary>
/// Every decision of the coordinator, without actors, clocks or files: what has happened goes in, what is to be done comes out.
/// </summary>
/// <remarks>
/// A generation that loses a worker is aborted for all, and a roll call finds out who is alive: a broken connection alone does not tell the dead from
/// those who closed theirs because of the dead. Whoever does not answer is dropped, and the rest (if enough) form the next generation. A live process
/// acknowledges at once; its session may answer much later, because computing is not interrupted: only those who do not even acknowledge are dropped soon.
/// </remarks>
public sealed class CoordinatorCore(string runId, RunConfig config)
{
    private readonly Dictionary<string, WorkerEntry> _workers = [];
    private readonly HashSet<string> _unanswered = []; // members whose sessions have not let go of the aborted generation
    private readonly HashSet<string> _acknowledged = []; // those of them whose processes live
    private readonly Dictionary<string, SessionEnded> _ended = [];
    private long _generation;
    private GenerationPlan? _plan; // of the running generation
    private bool _rollCall;
    private bool _stopping;
    private bool _over;
    private int _waiting;
    private long _lastStep;
    private string _reason = "the run starts";

    /// <summary>The running generation, if there is one.</summary>
    public GenerationPlan? Plan => _plan;

    public bool IsOver => _over;

    private int MinWorkers => config.Cluster.EffectiveMinWorkers;

    public IEnumerable<CoordinatorAction> Started() => [StartWaitingForWorkers()];

    /// <summary>A worker says who it is. The same incarnation may say so again.</summary>
    /// <param name="register">Its words, the proof already checked.</param>
    /// <param name="refusal">Why it may not take part, or null.</param>
    public IReadOnlyList<CoordinatorAction> Registered(Register register, out string? refusal)
    {
        var actions = new List<CoordinatorAction>();
        refusal = Refusal(register);
        if (refusal is not null)
            return [new Emit(new Notice($"worker {register.Name} was refused: {refusal}"))];
        if (_workers.TryGetValue(register.Name, out var known))
        {
            if (known.Incarnation == register.Incarnation)
                return [new WelcomeWorker(register.Name)];
            Lose(register.Name, $"{register.Name} was started again", actions); // its old process is dead
        }

        var other = _workers.Values.FirstOrDefault(w => w.Machine != register.Machine);
        if (other is not null)
            actions.Add(new Emit(new Notice($"worker {register.Name} runs on {register.Machine}, {other.Name} on {other.Machine}: bits may differ unless cluster.mkl_cbwr fixes the math library's code path")));
        _workers.Add(register.Name, new WorkerEntry(register.Name, register.Incarnation, register.Host, register.DataPort, register.Machine, register.Build, null));
        actions.Add(new WelcomeWorker(register.Name));
        actions.Add(Roster());
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> Ready(WorkerReady ready)
    {
        var actions = new List<CoordinatorAction>();
        if (!IsPresent(ready.Name, ready.Incarnation))
            return actions;
        _workers[ready.Name] = _workers[ready.Name] with { CommittedStep = ready.CommittedStep };
        if (_plan is null)
        {
            FormNext(actions);
        }
        else if (_plan.RankOf(ready.Name) < 0 && !_stopping && _ended.Count == 0)
        {
            if (_plan.WorldSize >= config.Train.MicroShards)
                actions.Add(new Emit(new Notice($"worker {ready.Name} waits: every micro-shard has a worker already")));
            else
                Abort($"{ready.Name} joins", actions);
        }

        return actions;
    }

    public IReadOnlyList<CoordinatorAction> Failed(GenerationFailed failed)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || failed.Generation != _generation || !_workers.TryGetValue(failed.Name, out var worker))
            return actions; // of an earlier generation: fenced
        _workers[failed.Name] = worker with { CommittedStep = failed.CommittedStep };
        if (_plan is not null)
            Abort(failed.LostPeer is null ? $"{failed.Name}: {failed.Reason}" : failed.Reason, actions);
        Answered(failed.Name, actions);
        return actions;
    }

    /// <summary>A worker's process or host is known to be gone.</summary>
    public IReadOnlyList<CoordinatorAction> Lost(string name, string incarnation)
    {
        var actions = new List<CoordinatorAction>();
        if (!_over && IsPresent(name, incarnation))
            Lose(name, $"{name} is gone", actions);
        return actions;
    }

    public void Acknowledged(AbortReceived received)
    {
        if (_rollCall && received.Generation == _generation && _unanswered.Contains(received.Name))
            _acknowledged.Add(received.Name);
    }

    /// <summary>The time for acknowledging is over, or later that for letting go: whoever has not is dropped.</summary>
    public IReadOnlyList<CoordinatorAction> RollCallOver(long generation)
    {
        var actions = new List<CoordinatorAction>();
        if (!_rollCall || generation != _generation)
            return actions;
        foreach (var name in _unanswered.Except(_acknowledged).ToList())
        {
            actions.Add(new Emit(new Notice($"worker {name} does not answer and was dropped")));
            _unanswered.Remove(name);
            Drop(name, actions);
        }

        _acknowledged.Clear(); // the second time is the last
        if (_unanswered.Count == 0)
        {
            FinishRollCall(actions);
            return actions;
        }

        actions.Add(new Emit(new Notice($"{_reason}; waiting for {string.Join(", ", _unanswered.Order(NaturalOrder.Instance))}, who still computes")));
        actions.Add(new AwaitSessions(_generation));
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> Stepped(StepMetrics metrics)
    {
        // A step of an earlier generation may be reported late: its evaluation was interrupted and done again in this one.
        if (_over || metrics.Generation > _generation || metrics.Step < 1 || metrics.Step > config.Train.Steps)
            return [];
        _lastStep = Math.Max(_lastStep, metrics.Step);
        return [new AppendToLedger(metrics), new Emit(new StepCommitted(metrics))];
    }

    /// <summary>The run has ended on one worker; it is over when it has on all.</summary>
    public IReadOnlyList<CoordinatorAction> Ended(SessionEnded ended)
    {
        var actions = new List<CoordinatorAction>();
        if (ended.Generation != _generation || _over || !_workers.TryGetValue(ended.Name, out var worker))
            return actions;
        if (_plan is null)
        {
            // It ended while the others were losing each other; the next generation brings everyone to the same end.
            _workers[ended.Name] = worker with { CommittedStep = ended.Step };
            Answered(ended.Name, actions);
            return actions;
        }

        _ended[ended.Name] = ended;
        FinishIfAllEnded(actions);
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> WorkerCannotTrain(WorkerFailed failed) => CannotGoOn(failed.Message);

    /// <summary>Something that no generation can mend, such as a full disk; the sentence is for people.</summary>
    public IReadOnlyList<CoordinatorAction> CannotGoOn(string message)
    {
        var actions = new List<CoordinatorAction>();
        Finish(RunOutcome.Failed, _lastStep, message, actions);
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> StopRequested()
    {
        var actions = new List<CoordinatorAction>();
        if (_over)
            return actions;
        _stopping = true;
        if (_plan is not null)
            actions.Add(new StopMembers([.. _plan.Members.Select(m => m.Name)]));
        else if (_generation == 0)
            Finish(RunOutcome.Stopped, _lastStep, "stopped before training began", actions);
        else
            FormNext(actions); // no-op while the roll call lasts: its end forms the last generation
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> WaitedTooLong(int attempt)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || _plan is not null || _rollCall || attempt != _waiting)
            return actions;
        var ready = _workers.Values.Where(w => w.IsReady).Select(w => w.Name).Order(NaturalOrder.Instance).ToList();
        Finish(
            RunOutcome.Failed,
            _lastStep,
            $"only {ready.Count} of {MinWorkers} workers came within {config.Cluster.StartTimeout:0.#} s{(ready.Count > 0 ? $" ({string.Join(", ", ready)})" : "")}: look into their logs, or raise cluster.start_timeout",
            actions);
        return actions;
    }

    private string? Refusal(Register register)
    {
        if (_over)
            return "the run is over";
        var other = _workers.Values.FirstOrDefault(w => w.Name != register.Name && w.Build != register.Build);
        return other is null ? null : $"it is build {register.Build}, {other.Name} is build {other.Build}: all workers of a run must be the same build";
    }

    private bool IsPresent(string name, string incarnation) => _workers.TryGetValue(name, out var worker) && worker.Incarnation == incarnation;

    private void Lose(string name, string reason, List<CoordinatorAction> actions)
    {
        var member = _plan is not null && _plan.RankOf(name) >= 0;
        Drop(name, actions);
        if (_plan is not null && _ended.Count > 0)
        {
            FinishIfAllEnded(actions); // it had reached the end together with the others
            return;
        }

        if (member)
            Abort(reason, actions);
        Answered(name, actions);
    }

    private void Drop(string name, List<CoordinatorAction> actions)
    {
        _workers.Remove(name);
        actions.Add(new DropWorker(name));
        actions.Add(Roster());
    }

    /// <summary>Ends the running generation and asks who is alive.</summary>
    private void Abort(string reason, List<CoordinatorAction> actions)
    {
        var names = _plan!.Members.Select(m => m.Name).Where(_workers.ContainsKey).ToList();
        _reason = reason;
        _plan = null;
        _rollCall = true;
        _unanswered.UnionWith(names);
        _acknowledged.Clear();
        actions.Add(new AbortMembers(_generation, names, reason));
        actions.Add(new StartRollCall(_generation));
    }

    private void Answered(string name, List<CoordinatorAction> actions)
    {
        _unanswered.Remove(name);
        if (_rollCall && _unanswered.Count == 0)
            FinishRollCall(actions);
    }

    private void FinishRollCall(List<CoordinatorAction> actions)
    {
        _rollCall = false;
        _unanswered.Clear();
        FormNext(actions);
    }

    private void FormNext(List<CoordinatorAction> actions)
    {
        if (_over || _rollCall)
            return;
        // A run that stops needs nobody but one who still has its state, to write the checkpoint.
        var needed = _stopping ? 1 : MinWorkers;
        var plan = Membership.Plan(runId, _generation + 1, config.Train.MicroShards, needed, _workers.Values);
        if (plan is null && _stopping)
        {
            Finish(RunOutcome.Stopped, _lastStep, "stopped without any worker left; the newest checkpoint is what resuming begins with", actions);
            return;
        }

        if (plan is null)
        {
            if (_generation > 0)
            {
                actions.Add(new Emit(new Notice($"{_reason}; waiting for workers: {_workers.Values.Count(w => w.IsReady)} of {MinWorkers} are here")));
                actions.Add(StartWaitingForWorkers());
            }

            return;
        }

        _generation = plan.Number;
        _plan = plan;
        _ended.Clear();
        var committed = plan.Members.Max(m => _workers[m.Name].CommittedStep!.Value);
        _lastStep = committed;
        actions.Add(new TruncateLedger(committed));
        actions.Add(new Emit(new GenerationFormed(plan.Number, [.. plan.Members.Select(m => m.Name)], [.. plan.Members.Select(m => m.Range.Count)], _reason)));
        actions.Add(new StartMembers(plan));
        if (_stopping)
            actions.Add(new StopMembers([.. plan.Members.Select(m => m.Name)]));
    }

    private void FinishIfAllEnded(List<CoordinatorAction> actions)
    {
        if (_ended.Count > 0 && _plan!.Members.All(m => _ended.ContainsKey(m.Name) || !_workers.ContainsKey(m.Name)))
        {
            var end = _ended.Values.First();
            Finish(end.Outcome, end.Step, end.Message, actions);
        }
    }

    private void Finish(RunOutcome outcome, long step, string message, List<CoordinatorAction> actions)
    {
        if (_over)
            return;
        _over = true;
        actions.Add(new Emit(new RunEnded(outcome, step, message)));
        actions.Add(new EndRun(outcome is RunOutcome.Failed or RunOutcome.Guarded ? UserErrorException.Failure : 0));
    }

    private StartWaiting StartWaitingForWorkers() => new(++_waiting);

    private Emit Roster() => new(new RosterChanged([.. _workers.Keys.Order(NaturalOrder.Instance)], MinWorkers));
}
