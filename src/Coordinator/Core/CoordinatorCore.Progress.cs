using DyT.Cluster.Messages;
using DyT.Runs;

namespace DyT.Coordinator.Core;

// Steps, and what ends the run.
public sealed partial class CoordinatorCore
{
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

    /// <summary>Ends the run, unless it goes on with others and this one has not even opened its session: that costs the run nothing but a worker.</summary>
    public IReadOnlyList<CoordinatorAction> WorkerCannotTrain(WorkerFailed failed)
    {
        if (_over)
            return [];
        if (!_began || !_workers.TryGetValue(failed.Name, out var worker) || worker.IsReady || !_workers.Values.Any(w => w.IsReady))
            return CannotGoOn(failed.Message);
        var actions = new List<CoordinatorAction>
        {
            new SendAway(failed.Name, failed.Message),
            new Emit(new Notice($"worker {failed.Name} cannot take part and was sent away: {failed.Message}")),
        };
        Lose(failed.Name, failed.Message, actions);
        return actions;
    }

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
}
