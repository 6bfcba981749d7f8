namespace DyT.Collectives.Shared;

/// <summary>
/// A signal in shared memory: every process that has mapped it may ring, its owner alone waits. Two words: the value, and how many sleep on it, so that a ring
/// while nobody sleeps costs no system call. The owner looks again for a while before it sleeps, for a peer answers sooner than the kernel wakes anyone.
/// </summary>
/// <param name="words">In shared memory.</param>
/// <param name="spins">Whether there is a core for each rank: then it keeps its own while it looks.</param>
internal sealed unsafe class Doorbell(int* words, bool spins) : ISignal
{
    public const int Bytes = 64; // a cache line of its own
    private const int Looks = 600; // some 20 us
    private const int PausesPerLook = 1;
    private const int Yields = 50; // where ranks share cores: the peer that is waited for runs at once, without being woken first

    private readonly int* _value = words;
    private readonly int* _sleepers = words + 1;

    public int Value => Volatile.Read(ref *_value);

    public void Ring()
    {
        Interlocked.Increment(ref *_value);
        // The increment is a full fence: a sleeper that we do not see has not looked at the value yet.
        if (Volatile.Read(ref *_sleepers) > 0)
            Futex.WakeAll(_value);
    }

    public void Wait(int seen)
    {
        for (var look = 0; look < (spins ? Looks : Yields); look++)
        {
            if (Value != seen)
                return;
            if (spins)
                Thread.SpinWait(PausesPerLook);
            else
                Thread.Yield();
        }

        Interlocked.Increment(ref *_sleepers);
        if (Value == seen)
            Futex.Wait(_value, seen);
        Interlocked.Decrement(ref *_sleepers);
    }
}
