namespace DyT.Collectives;

/// <summary>
/// What a collective's thread sleeps on. Read <see cref="Value"/>, look whether there is something to do, and only then <see cref="Wait"/>: whatever happens after
/// the look has changed the value, so no ring is missed.
/// </summary>
internal interface ISignal
{
    int Value { get; }

    /// <summary>Something changed; from any thread.</summary>
    void Ring();

    /// <summary>Returns when the value is, or has been, another than <paramref name="seen"/>. May return early.</summary>
    void Wait(int seen);
}

/// <summary>A signal between the threads of this process.</summary>
internal sealed class LocalSignal : ISignal
{
    private readonly object _lock = new();
    private int _value;

    public int Value => Volatile.Read(ref _value);

    public void Ring()
    {
        lock (_lock)
        {
            _value++;
            Monitor.PulseAll(_lock);
        }
    }

    public void Wait(int seen)
    {
        lock (_lock)
        {
            while (_value == seen)
                Monitor.Wait(_lock);
        }
    }
}
