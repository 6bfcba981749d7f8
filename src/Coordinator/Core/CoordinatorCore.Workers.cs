using DyT.Cluster.Messages;
using DyT.Runs;

namespace DyT.Coordinator.Core;

// What workers say, one method for each kind of message.
public sealed partial class CoordinatorCore
{
    /// <summary>A worker says who it is. The same incarnation may say so again.</summary>
    /// <param name="register">Its words, the proof already checked.</param>
    /// <param name="refusal">Why it may not take part, or null.</param>
    public IReadOnlyList<CoordinatorAction> Registered(Register register, out string? refusal)
    {
        var actions = new List<CoordinatorAction>();
        refusal = null;
        if (_over)
            return [new DismissWorker(register.Name)];
        refusal = Refusal(register);
        if (refusal is not null)
            return [new Emit(new Notice($"worker {register.Name} was refused: {refusal}"))];
        if (_workers.TryGetValue(register.Name, out var known))
        {
            if (known.Incarnation == register.Incarnation)
            {
                known.Heard = Now;
                return [new WelcomeWorker(register.Name)];
            }

            Lose(register.Name, $"{register.Name} was started again", actions); // its old process is dead
        }

        var other = _workers.Values.FirstOrDefault(w => w.Machine != register.Machine);
        if (other is not null)
            actions.Add(new Emit(new Notice($"worker {register.Name} runs on {register.Machine}, {other.Name} on {other.Machine}: bits may differ unless cluster.mkl_cbwr fixes the math library's code path")));
        _workers.Add(register.Name, new WorkerEntry(register.Name, register.Incarnation, register.Host, register.DataPort, register.Machine, register.Build) { Heard = Now });
        actions.Add(new WelcomeWorker(register.Name));
        actions.Add(Roster());
        return actions;
    }

    /// <summary>A worker's session is open, or it says where it stands to a coordinator that is new to it.</summary>
    public IReadOnlyList<CoordinatorAction> Ready(WorkerReady ready)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || Present(ready.Name, ready.Incarnation) is not { } worker)
            return actions;
        worker.Heard = Now;
        worker.CommittedStep = ready.CommittedStep;
        worker.HighestGeneration = ready.HighestGeneration;
        worker.RunningGeneration = ready.Running?.Number ?? 0;
        _generation = Math.Max(_generation, ready.HighestGeneration);
        _expected.Remove(ready.Name);

        if (ready.Running is { } running)
        {
            if (_rollCall)
                actions.Add(new AbortMembers(Math.Max(_aborted, running.Number), [ready.Name], _reason));
            else if (_plan is null || (running.Number > _plan.Number && _offer is null))
                Adopt(running, actions);
            else if (running.Number < _plan.Number)
                Remind(worker, actions);
            return actions;
        }

        if (_rollCall)
        {
            Answered(ready.Name, actions);
            return actions;
        }

        if (_expected.Count == 0)
            EndRecovery();
        if (_plan is null)
            FormNext(actions);
        else if (_plan.RankOf(ready.Name) < 0 || ready.HighestGeneration < _plan.Number)
            WelcomeToRunning(worker, actions);
        else if (_ended.Count == 0)
            Abort($"{ready.Name} has let go of generation {_plan.Number}", actions);
        return actions;
    }

    /// <summary>A sign of life. Orders that got lost show here and are given again.</summary>
    /// <param name="alive">The worker's words.</param>
    /// <param name="known">False when it has to register first.</param>
    public IReadOnlyList<CoordinatorAction> Alive(WorkerAlive alive, out bool known)
    {
        var actions = new List<CoordinatorAction>();
        known = Present(alive.Name, alive.Incarnation) is not null;
        if (!known || _over)
            return actions;
        var worker = _workers[alive.Name];
        worker.Heard = Now;
        worker.IsSuspect = false;
        worker.HighestGeneration = alive.HighestGeneration;
        worker.RunningGeneration = alive.RunningGeneration;
        worker.ReportedStep = alive.CommittedStep == WorkerAlive.NoSession ? null : alive.CommittedStep;
        worker.Activity = alive.Activity;
        worker.ActivitySeconds = alive.ActivitySeconds;
        worker.RefusedConnections = alive.RefusedConnections;
        if (!worker.IsReady)
        {
            known = alive.CommittedStep == WorkerAlive.NoSession; // else its word that it is ready was lost: it says it again when it registers again
            return actions;
        }

        if (alive.HasEntered && !_rollCall && alive.RunningGeneration > (_plan?.Number ?? 0) && alive.RunningGeneration != _offer?.Number)
        {
            known = false; // in a generation that this coordinator does not know: it tells of it when it registers again
            return actions;
        }

        Remind(worker, actions);
        // Its word that it is level may have been lost.
        if (!worker.IsLevel && _plan is { } plan && plan.Number == alive.RunningGeneration && _entered.Contains(alive.Name) && alive.CommittedStep >= 0 && plan.Members[plan.RankOf(alive.Name)].IsObserver)
            actions.AddRange(CaughtUp(new CaughtUp(alive.Name, plan.Number, alive.CommittedStep)));
        return actions;
    }

    /// <summary>A member is connected with the others of its generation.</summary>
    public IReadOnlyList<CoordinatorAction> Entered(GenerationEntered entered)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || _rollCall || !_workers.TryGetValue(entered.Name, out var worker))
            return actions;
        if (_offer?.Number == entered.Generation)
            Settle(actions);
        if (_plan?.Number != entered.Generation || _plan.RankOf(entered.Name) < 0)
            return actions;
        worker.RunningGeneration = entered.Generation;
        if (!_plan.Members[_plan.RankOf(entered.Name)].IsObserver)
            worker.CommittedStep = entered.Step;
        _entered.Add(entered.Name);
        Reconsider("members changed meanwhile", actions);
        return actions;
    }

    /// <summary>An observer's state is level: it can compute, or stand by as a hot spare.</summary>
    public IReadOnlyList<CoordinatorAction> CaughtUp(CaughtUp caughtUp)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || _plan?.Number != caughtUp.Generation || !_workers.TryGetValue(caughtUp.Name, out var worker))
            return actions;
        worker.IsLevel = true;
        worker.CommittedStep = caughtUp.Step;
        Reconsider($"{caughtUp.Name} joins", actions);
        return actions;
    }

    /// <summary>A worker handed over to a generation that it is not in.</summary>
    public IReadOnlyList<CoordinatorAction> Left(GenerationLeft left)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || !_workers.TryGetValue(left.Name, out var worker))
            return actions;
        worker.CommittedStep = left.Step;
        worker.RunningGeneration = 0;
        worker.IsLevel = false;
        if (_offer?.Number == left.Generation)
        {
            _left.Add(left.Name);
            if (_offer.WorldSize > 0)
                Settle(actions);
        }

        if (_rollCall && left.Generation >= _aborted)
            Answered(left.Name, actions);
        if (worker.IsLeaving && _plan?.RankOf(left.Name) is null or < 0 || (worker.IsLeaving && _offer is { WorldSize: 0 }))
            Release(left.Name, actions);
        DissolveIfAllLeft(actions);
        return actions;
    }

    /// <summary>A worker wants to leave after the step.</summary>
    public IReadOnlyList<CoordinatorAction> LeaveRequested(string name, string incarnation)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || Present(name, incarnation) is not { } worker)
            return actions;
        if (!worker.IsLeaving)
            actions.Add(new Emit(new Notice($"worker {name} leaves after the step")));
        worker.IsLeaving = true;
        if (_rollCall)
            return actions; // its end looks after it
        if ((_plan?.RankOf(name) ?? -1) < 0 && (_offer?.RankOf(name) ?? -1) < 0)
            Release(name, actions);
        else
            Reconsider($"{name} leaves", actions);
        return actions;
    }

    /// <summary>Somebody asks that a worker leave. The answer to them; what is to be done goes to <paramref name="actions"/>.</summary>
    public DrainAnswer Drain(string name, out IReadOnlyList<CoordinatorAction> actions)
    {
        actions = [];
        if (!_workers.TryGetValue(name, out var worker))
            return new DrainAnswer(IsKnown: false, $"there is no worker {name}; there {(_workers.Count > 0 ? $"are {Names(_workers.Keys)}" : "is none at all")}");
        actions = LeaveRequested(name, worker.Incarnation);
        return new DrainAnswer(IsKnown: true, $"worker {name} leaves after the step");
    }

    public IReadOnlyList<CoordinatorAction> Failed(GenerationFailed failed)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || !_workers.TryGetValue(failed.Name, out var worker))
            return actions;
        if (!worker.IsReady)
        {
            Answered(failed.Name, actions); // a new process whose session is not open: it has nothing to let go of, and no state yet
            return actions;
        }

        if (_rollCall)
        {
            if (failed.Generation < _aborted)
                return actions; // of an earlier one; it will answer the abort too
            worker.CommittedStep = failed.CommittedStep;
            worker.RunningGeneration = 0;
            Answered(failed.Name, actions);
            return actions;
        }

        if (_plan is null || failed.Generation < _plan.Number || failed.Generation > _generation
            || (failed.Generation != _offer?.Number && _plan.RankOf(failed.Name) < 0))
        {
            return actions; // of an earlier generation, or of one that this worker waited for alone: fenced
        }

        worker.CommittedStep = failed.CommittedStep;
        worker.RunningGeneration = 0;
        Abort(failed.LostPeer is null ? $"{failed.Name}: {failed.Reason}" : failed.Reason, actions);
        if (failed.Generation >= _generation)
            Answered(failed.Name, actions);
        return actions;
    }

    /// <summary>
    /// A worker's control connection broke. That alone drops nobody: it may reconnect. Together with a broken generation it is a death, and the roll call
    /// need not wait for it.
    /// </summary>
    public IReadOnlyList<CoordinatorAction> Suspected(string name, string incarnation)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || Present(name, incarnation) is not { } worker)
            return actions;
        worker.IsSuspect = true;
        var awaited = _rollCall && _unanswered.Contains(name) && !_acknowledged.Contains(name);
        var connecting = _plan?.RankOf(name) >= 0 && _offer is null && !_entered.Contains(name) && _ended.Count == 0; // its peers would wait for it in vain
        if (awaited || connecting)
            Lose(name, $"{name} is gone", actions);
        return actions;
    }

    public void Acknowledged(AbortReceived received)
    {
        if (_rollCall && received.Generation >= _aborted && _unanswered.Contains(received.Name))
            _acknowledged.Add(received.Name);
    }

    /// <summary>The time for acknowledging is over, or later that for letting go: whoever has not is dropped.</summary>
    public IReadOnlyList<CoordinatorAction> RollCallOver(long generation)
    {
        var actions = new List<CoordinatorAction>();
        if (!_rollCall || generation != _aborted)
            return actions;
        foreach (var name in (_lastCall ? _unanswered : _unanswered.Except(_acknowledged)).ToList())
        {
            _unanswered.Remove(name);
            if (!_workers.ContainsKey(name))
                continue;
            actions.Add(new Emit(new Notice($"worker {name} does not answer and was dropped")));
            Drop(name, actions);
        }

        _lastCall = true; // the next time, also those go who live but do not let go
        if (_unanswered.Count == 0)
        {
            FinishRollCall(actions);
            return actions;
        }

        actions.Add(new Emit(new Notice($"{_reason}; waiting for {Names(_unanswered)}, who still computes")));
        actions.Add(new AwaitSessions(_aborted));
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> Stepped(StepMetrics metrics)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || metrics.Step < 1 || metrics.Step > _config.Train.Steps)
            return actions;
        // A committed step proves that all members are in its generation, whatever became of their words.
        if (_offer?.Number == metrics.Generation && !_rollCall)
            Settle(actions);
        if (_plan?.Number == metrics.Generation)
            _entered.UnionWith(_plan.Members.Select(m => m.Name));
        foreach (var next in _steps.Take(metrics, Now))
            Log(next, actions);
        return actions;
    }

    /// <summary>The guard took the run back to a checkpoint.</summary>
    public IReadOnlyList<CoordinatorAction> RolledBack(long step)
    {
        _steps.TruncateAfter(step);
        return [new TruncateLedger(step)];
    }

    public void Reported(WorkerStatus status)
    {
        if (_workers.TryGetValue(status.Name, out var worker))
            worker.Took(status.ComputeSeconds, status.MicroShards);
    }

    /// <summary>The run has ended on one worker; it is over when it has on all.</summary>
    public IReadOnlyList<CoordinatorAction> Ended(SessionEnded ended)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || !_workers.TryGetValue(ended.Name, out var worker) || ended.Generation < (_plan?.Number ?? 0))
            return actions;
        worker.CommittedStep = ended.Step;
        worker.RunningGeneration = 0;
        if (_rollCall)
        {
            // It ended while the others were losing each other; the next generation brings everyone to the same end.
            if (ended.Generation >= _aborted)
                Answered(ended.Name, actions);
            return actions;
        }

        if (_plan is null)
        {
            // It ended while there was no coordinator. Nobody ends before all have, so this is the run's end.
            if (ended.Generation >= _generation)
                Finish(ended.Outcome, ended.Step, ended.Message, actions);
            return actions;
        }

        if (_offer?.Number == ended.Generation)
            Settle(actions);
        if (_plan.Number == ended.Generation)
        {
            _ended[ended.Name] = ended;
            FinishIfAllEnded(actions);
        }

        return actions;
    }

    public IReadOnlyList<CoordinatorAction> WorkerCannotTrain(WorkerFailed failed) => CannotGoOn(failed.Message);

    /// <summary>Something that no generation can mend, such as a full disk; the sentence is for people.</summary>
    public IReadOnlyList<CoordinatorAction> CannotGoOn(string message)
    {
        var actions = new List<CoordinatorAction>();
        Finish(RunOutcome.Failed, LedgerStep, message, actions);
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> StopRequested()
    {
        var actions = new List<CoordinatorAction>();
        if (_over)
            return actions;
        _stopping = true;
        if (_plan is not null)
            actions.Add(new StopMembers(Concerned()));
        else if (!_began)
            Finish(RunOutcome.Stopped, LedgerStep, "stopped before training began", actions);
        else
            FormNext(actions); // no-op while the roll call lasts: its end forms the last generation
        return actions;
    }

    public IReadOnlyList<CoordinatorAction> WaitedTooLong(int attempt)
    {
        var actions = new List<CoordinatorAction>();
        if (_over || _plan is not null || _rollCall || attempt != _waiting)
            return actions;
        var ready = Names(_workers.Values.Where(w => w.IsReady).Select(w => w.Name));
        var count = _workers.Values.Count(w => w.IsReady);
        if (_began)
        {
            actions.Add(new Emit(new Notice($"still waiting for workers: {count} of {Needed} are here{(count > 0 ? $" ({ready})" : "")}")));
            actions.Add(StartWaitingForWorkers());
            return actions;
        }

        Finish(
            RunOutcome.Failed,
            LedgerStep,
            $"only {count} of {Needed} workers came within {_config.Cluster.StartTimeout:0.#} s{(count > 0 ? $" ({ready})" : "")}: look into their logs, or raise cluster.start_timeout",
            actions);
        return actions;
    }

    private string? Refusal(Register register)
    {
        var other = _workers.Values.FirstOrDefault(w => w.Name != register.Name && w.Build != register.Build);
        return other is null ? null : $"it is build {register.Build}, {other.Name} is build {other.Build}: all workers of a run must be the same build";
    }

    private WorkerEntry? Present(string name, string incarnation) =>
        _workers.TryGetValue(name, out var worker) && worker.Incarnation == incarnation ? worker : null;
}
