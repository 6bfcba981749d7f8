using DyT.Cluster.Messages;
using DyT.Runs;

namespace DyT.Coordinator.Core;

// What ends a generation, and the roll call after it.
public sealed partial class CoordinatorCore
{
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
}
