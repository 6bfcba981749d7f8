using System.Diagnostics;
using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tcp;

/// <summary>
/// A generation's links as the thread of an operation tends them: it moves what it can in all of them, and waits for all of them at once. So it can be woken by their bytes alone, and by <see cref="Ring"/>.
/// Before it sleeps it looks again for a while, for a peer often answers sooner than the kernel wakes anyone (<see cref="LookingAgain"/>); where ranks share cores it gives its own away between two looks, so that the peer that it waits for
/// runs at once.
/// </summary>
internal sealed class PolledLinks : ISignal, IDisposable
{
    private readonly PolledLink[] _links;
    private readonly Waker _waker = new();
    private readonly PollSet _poll;
    private readonly LookingAgain _looking = new();
    private readonly bool _yields; // between two looks
    private int _value;
    private int _sleeps;

    /// <param name="links">To be tended.</param>
    /// <param name="spins">Whether there is a core for each rank of this host: then it keeps its own while it looks.</param>
    public PolledLinks(PolledLink[] links, bool spins)
    {
        _links = links;
        _poll = new PollSet(_waker, links.Length);
        _yields = !spins;
    }

    public int Value => Volatile.Read(ref _value);

    public void Attend()
    {
        foreach (var link in _links)
            link.Attend();
    }

    public void Release()
    {
        foreach (var link in _links)
            link.Release();
    }

    /// <summary>Moves what can be moved without waiting; true when anything was.</summary>
    public bool Pump()
    {
        var moved = false;
        foreach (var link in _links)
            moved |= link.Step();
        if (moved)
            _looking.Found();
        return moved;
    }

    public void Ring()
    {
        Interlocked.Increment(ref _value);
        // The increment is a full fence: a sleeper that we do not see has not looked at the value yet.
        if (Volatile.Read(ref _sleeps) != 0)
            _waker.Ring();
    }

    public void Wait(int seen)
    {
        if (_looking.Again(Stopwatch.GetTimestamp()))
        {
            if (_yields)
                Thread.Yield();
            return;
        }

        _poll.Clear();
        foreach (var link in _links)
            _poll.Add(link.Handle, link.Awaited());
        Interlocked.Exchange(ref _sleeps, 1);
        if (Value == seen)
            _poll.Wait(Timeout.Infinite);
        Volatile.Write(ref _sleeps, 0);
    }

    public void Dispose() => _waker.Dispose();
}
