using DyT.Collectives;

namespace DyT.Cluster.Tests.Simulation;

/// <summary>
/// The data plane of one generation: members connect, synchronise, and compute in step, until one of them breaks. Watches over what must hold:
/// each step's micro-shards are computed exactly once, by members of one state.
/// </summary>
internal sealed class SimGeneration(World world, GenerationPlan plan)
{
    private readonly Dictionary<string, SimWorker> _members = [];
    private readonly Dictionary<string, long> _votes = [];
    private long _step; // in work; 0 while not begun
    private int _finished;

    public GenerationPlan Plan => plan;

    public bool IsBroken { get; private set; }

    public void Connect(SimWorker worker)
    {
        if (IsBroken)
        {
            world.Clock.After(world.Clock.Milliseconds(1, 20), () => worker.OnBroken(this, null));
            return;
        }

        if (_members.TryGetValue(worker.Name, out var earlier) && earlier != worker)
        {
            Break(worker.Name, 1, 5);
            worker.OnBroken(this, null);
            return;
        }

        _members[worker.Name] = worker;
        if (plan.Members.All(m => _members.ContainsKey(m.Name)))
            world.Clock.After(world.Clock.Milliseconds(1, 30), Begin);
    }

    /// <summary>A member has died, been aborted, or fallen silent: the others notice each in its time.</summary>
    public void Break(string culprit, double from, double to)
    {
        if (IsBroken)
            return;
        IsBroken = true;
        foreach (var member in _members.Values.Where(m => m.Name != culprit))
            world.Clock.After(world.Clock.Milliseconds(from, to), () => member.OnBroken(this, culprit));
    }

    private void Begin()
    {
        if (IsBroken)
            return;
        if (_members.Values.Any(m => m.IsFrozen))
        {
            world.Clock.After(20, Begin); // the others wait for it
            return;
        }

        world.Check(_members.Values.All(m => m.IsAlive && m.Generation == this), "a member that is gone begins");
        var furthest = _members.Values.Max(m => m.Committed);
        if (furthest < 0)
        {
            // Nobody has a whole state: the newest checkpoint.
            foreach (var member in _members.Values)
                member.Restore(world.Checkpoint);
            furthest = world.Checkpoint;
        }

        world.OnEntered(plan, furthest);
        foreach (var member in plan.Members)
        {
            var worker = _members[member.Name];
            if (member.IsObserver && worker.Committed < furthest)
                worker.BecomeCold(this, furthest);
            else
                worker.Restore(furthest);
            worker.OnEntered(plan.Number, furthest);
            if (member.IsObserver && !worker.IsCold)
                worker.OnCaughtUp(plan.Number, furthest);
        }

        _step = furthest;
        Compute();
    }

    private void Compute()
    {
        if (IsBroken)
            return;
        if (_step >= world.Steps)
        {
            foreach (var member in _members.Values)
                world.Clock.After(world.Clock.Milliseconds(0, 3), () => member.OnEnded(this, _step));
            return;
        }

        _step++;
        _votes.Clear();
        _finished = 0;
        foreach (var member in plan.Members)
        {
            var worker = _members[member.Name];
            world.Clock.After(0.1 + (member.Range.Count * worker.MillisecondsPerShard), () => Vote(worker));
        }
    }

    private void Vote(SimWorker worker)
    {
        if (IsBroken)
            return;
        if (worker.IsFrozen)
        {
            world.Clock.After(20, () => Vote(worker)); // it goes on when it thaws
            return;
        }

        _votes[worker.Name] = worker.Offered;
        if (_votes.Count < plan.WorldSize)
            return;
        // The exchange is complete: everyone knows the same, and commits in its own time.
        world.OnReduced(plan, _step);
        var offered = _votes.Values.Distinct().ToList();
        var next = offered.Count == 1 && offered[0] > plan.Number ? offered[0] : 0;
        var step = _step;
        foreach (var member in _members.Values.ToList())
            world.Clock.After(world.Clock.Milliseconds(0, 2), () => Commit(member, step, next));
    }

    private void Commit(SimWorker worker, long step, long next)
    {
        // A break between exchange and commit reaches some before and some after.
        if (!worker.IsAlive || worker.Generation != this || (IsBroken && world.Clock.Chance(0.5)))
            return;
        worker.OnCommitted(this, step, next);
        _finished++;
        if (_finished == plan.WorldSize && next == 0)
            Compute();
    }
}
