using DyT.Cluster.Messages;
using DyT.Runs;

namespace DyT.Coordinator.Core;

// Where workers stand: into a generation, level, out of it by their own wish.
public sealed partial class CoordinatorCore
{
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

    public void Reported(WorkerStatus status)
    {
        if (_workers.TryGetValue(status.Name, out var worker))
            worker.Report(status);
    }
}
