using DyT.Runs;

namespace DyT.Coordinator.Core;

// Bringing a worker and the coordinator to the same view again: after a take-over, or when words got lost.
public sealed partial class CoordinatorCore
{
    /// <summary>A generation that runs, as its members say, becomes this coordinator's own.</summary>
    private void Adopt(DyT.Collectives.GenerationPlan running, List<CoordinatorAction> actions)
    {
        _plan = running;
        _began = true;
        _entered.Clear();
        _entered.UnionWith(running.Members.Select(m => m.Name));
        _expected.UnionWith(running.Members.Select(m => m.Name).Where(n => !_workers.ContainsKey(n)));
        _recoverUntil = null;
        _stall.Progress(Now, null);
        actions.Add(new Emit(new Notice($"generation {running.Number} goes on under this coordinator")));
        if (_stopping)
            actions.Add(new StopMembers(Concerned()));
    }

    /// <summary>A ready worker that is not in the running generation, though it may be meant to be.</summary>
    private void WelcomeToRunning(WorkerEntry worker, List<CoordinatorAction> actions)
    {
        if (_plan!.RankOf(worker.Name) >= 0 || _offer?.RankOf(worker.Name) >= 0)
            Remind(worker, actions);
        else
            Reconsider($"{worker.Name} joins", actions);
    }

    /// <summary>A member says that it is in no generation. Several such signs in a row end the running one; at the first its word may be on the way behind.</summary>
    private void CountAsFree(WorkerEntry worker, List<CoordinatorAction> actions)
    {
        if (++worker.SignsOfBeingFree >= SignsNeeded)
            Abort($"{worker.Name} has let go of generation {_plan!.Number}", actions);
    }

    /// <summary>
    /// Whether a plan that was sent should have arrived by now; the answer yes begins the time anew. Plans are the largest messages: to send one again to each of
    /// many workers while the first are still on their way would keep them from arriving.
    /// </summary>
    private bool IsOverdue(WorkerEntry worker)
    {
        var sent = worker.Reminded > _ordered ? worker.Reminded : _ordered;
        if (Now - sent < _timings.OrderPatience)
            return false;
        worker.Reminded = Now;
        return true;
    }

    /// <summary>Gives a worker again the order that its last words show it has not got.</summary>
    private void Remind(WorkerEntry worker, List<CoordinatorAction> actions)
    {
        if (_rollCall)
        {
            if (_unanswered.Contains(worker.Name) && !_acknowledged.Contains(worker.Name))
                actions.Add(new AbortMembers(_aborted, [worker.Name], _reason));
            return;
        }

        if (_plan is null || _ended.ContainsKey(worker.Name))
            return;
        if (_stopping && _plan.RankOf(worker.Name) >= 0)
            actions.Add(new StopMembers([worker.Name]));
        if (_ended.Count > 0)
        {
            // The others have ended; if this one has let go without, its word was lost, and all end together in a new generation.
            if (worker.RunningGeneration == 0 && _plan.RankOf(worker.Name) >= 0)
                CountAsFree(worker, actions);
            return;
        }

        var inPlan = _plan.RankOf(worker.Name) >= 0;
        var inOffer = _offer?.RankOf(worker.Name) >= 0;
        if (inPlan && worker.HighestGeneration < _plan.Number)
        {
            if (IsOverdue(worker))
                actions.Add(new StartMembers(_plan, [worker.Name]));
        }
        else if (_offer is not null && (inPlan || inOffer) && worker.HighestGeneration < _offer.Number)
        {
            if (IsOverdue(worker))
                actions.Add(new OfferMembers(_offer, [worker.Name]));
        }
        else if (worker.IsLeaving && !inPlan && !inOffer)
        {
            Release(worker.Name, actions);
        }
        else if ((inPlan || inOffer) && worker.RunningGeneration == 0 && !_left.Contains(worker.Name))
        {
            CountAsFree(worker, actions);
        }
        else
        {
            worker.SignsOfBeingFree = 0;
            if (!inPlan && !inOffer && worker.RunningGeneration != 0)
                actions.Add(new AbortMembers(worker.RunningGeneration, [worker.Name], "the others have gone on")); // it missed that it is out
            else if (!inPlan && !inOffer)
                Reconsider($"{worker.Name} joins", actions);
        }
    }
}
