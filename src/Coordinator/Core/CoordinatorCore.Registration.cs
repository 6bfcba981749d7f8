using DyT.Cluster.Messages;
using DyT.Runs;

namespace DyT.Coordinator.Core;

// Who is here: registrations, signs of life, and the orders that these show to be lost.
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
            actions.Add(new Emit(new Notice($"worker {register.Name} runs on {register.Machine}, {other.Name} on {other.Machine}: bits may differ unless cluster.mkl_cbwr fixes the math library's code path (and in any case with train.products: bf16)")));
        _workers.Add(register.Name, new WorkerEntry(register.Name, register.Incarnation, register.Host, register.DataPort, register.Machine, register.Build) { Heard = Now });
        actions.Add(new WelcomeWorker(register.Name));
        _rosterChanged = true;
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

    private string? Refusal(Register register)
    {
        var other = _workers.Values.FirstOrDefault(w => w.Name != register.Name && w.Build != register.Build);
        return other is null ? null : $"it is build {register.Build}, {other.Name} is build {other.Build}: all workers of a run must be the same build";
    }

    private WorkerEntry? Present(string name, string incarnation) =>
        _workers.TryGetValue(name, out var worker) && worker.Incarnation == incarnation ? worker : null;
}
