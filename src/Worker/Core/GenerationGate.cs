using DyT.Collectives;

namespace DyT.Worker.Core;

/// <summary>What an abort means to a worker.</summary>
public enum AbortEffect
{
    /// <summary>It is about generations that this worker has left behind: no answer.</summary>
    Stale,

    /// <summary>Nothing runs any more: say so at once.</summary>
    AlreadyFree,

    /// <summary>The running generation must be broken; the training thread says so when it lets go.</summary>
    Break,
}

/// <summary>What an offered generation means to a worker.</summary>
public enum OfferEffect
{
    /// <summary>Stale, repeated, or not for this worker.</summary>
    None,

    /// <summary>Vote for it in the next step.</summary>
    Vote,

    /// <summary>Connect now and wait for the others.</summary>
    Connect,

    /// <summary>Give up waiting for an earlier offer that nobody took up, then connect to this one.</summary>
    ConnectInstead,
}

/// <summary>
/// Which generation a worker is in, goes to next, and refuses: every decision about the coordinator's orders, without threads or sockets. Numbers only ever
/// rise, so an order of a coordinator that does not know that it was replaced changes nothing.
/// </summary>
public sealed class GenerationGate(string name)
{
    private readonly Dictionary<long, GenerationPlan> _offers = [];
    private long _abortedUpTo;
    private bool _runningIsPatient;

    /// <summary>The highest number ever taken: it and all lower ones are refused from now on.</summary>
    public long Highest { get; private set; }

    public GenerationPlan? Running { get; private set; }

    /// <summary>Whether <see cref="Running"/> is connected with all its members.</summary>
    public bool HasEntered { get; private set; }

    /// <summary>What to train in as soon as nothing runs.</summary>
    public GenerationPlan? Next { get; private set; }

    /// <summary>Whether the others may still be busy with a step when <see cref="Next"/> is connected.</summary>
    public bool NextIsPatient { get; private set; }

    /// <summary>An order to train in this generation at once. True when it is obeyed: whatever runs must be broken.</summary>
    public bool Start(GenerationPlan plan)
    {
        if (plan.Number <= Highest || plan.RankOf(name) < 0)
            return false;
        Highest = plan.Number;
        _offers.Clear();
        Next = plan;
        NextIsPatient = false;
        return true;
    }

    /// <summary>A generation to go over to at a step's end.</summary>
    public OfferEffect Offer(GenerationPlan plan)
    {
        if (plan.Number <= Highest)
            return OfferEffect.None;
        if (Running is null && Next is null)
        {
            if (plan.RankOf(name) < 0)
                return OfferEffect.None;
            Highest = plan.Number;
            Next = plan;
            NextIsPatient = true;
            return OfferEffect.Connect;
        }

        Highest = plan.Number;
        if (Running is not null && _runningIsPatient && !HasEntered && plan.RankOf(name) >= 0)
        {
            Next = plan;
            NextIsPatient = true;
            return OfferEffect.ConnectInstead;
        }

        _offers[plan.Number] = plan;
        return OfferEffect.Vote;
    }

    public AbortEffect Abort(long number)
    {
        if (Running?.Number > number || Next?.Number > number)
            return AbortEffect.Stale;
        Highest = Math.Max(Highest, number);
        _abortedUpTo = Math.Max(_abortedUpTo, number);
        _offers.Clear();
        Next = null;
        return Running is null ? AbortEffect.AlreadyFree : AbortEffect.Break;
    }

    /// <summary>The training thread begins with <see cref="Next"/>.</summary>
    public GenerationPlan Take()
    {
        Running = Next ?? throw new InvalidOperationException("there is no next generation");
        Next = null;
        HasEntered = false;
        _runningIsPatient = NextIsPatient;
        return Running;
    }

    /// <summary>All members of the running generation are connected.</summary>
    public void Enter() => HasEntered = Running is not null;

    /// <summary>All members agreed on this offer: it is next, unless this worker is not in it.</summary>
    /// <returns>The plan that was agreed on; null when a later order has overtaken it.</returns>
    public GenerationPlan? HandOver(long number)
    {
        Running = null;
        HasEntered = false;
        if (!_offers.Remove(number, out var plan) || Next is not null)
            return null;
        foreach (var earlier in _offers.Keys.Where(k => k < number).ToList())
            _offers.Remove(earlier);
        if (plan.RankOf(name) >= 0)
        {
            Next = plan;
            NextIsPatient = false;
        }

        return plan;
    }

    /// <summary>The running generation broke or ended. The number up to which this worker has now let go.</summary>
    public long Release()
    {
        var number = Math.Max(Running?.Number ?? 0, _abortedUpTo);
        Running = null;
        HasEntered = false;
        return number;
    }
}
