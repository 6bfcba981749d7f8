using System.Diagnostics;

namespace DyT.Cli.Chaos;

/// <summary>How a proxied link behaves at the moment: open or silent, its rate and its delay. Shared by all connections of the link; thread-safe.</summary>
internal sealed class LinkShape
{
    /// <summary>A pump that overslept may catch up this much; more would be a burst.</summary>
    private static readonly long CatchUp = Stopwatch.Frequency / 20;

    private readonly object _gate = new();
    private readonly long[] _free = new long[2];
    private bool _paused;
    private long _rate;
    private long _delay;
    private volatile bool _plain = true;

    /// <summary>Nothing holds anything up: the one question asked per read of an undisturbed link.</summary>
    public bool IsPlain => _plain;

    /// <summary>What passes now arrives this many stopwatch ticks later.</summary>
    public long DelayTicks => Interlocked.Read(ref _delay);

    /// <summary>Bytes to forward in one go: all that fits, or what a slow link carries in a fiftieth of a second.</summary>
    public int ChunkBytes(int most)
    {
        var rate = Interlocked.Read(ref _rate);
        return rate == 0 ? most : (int)Math.Clamp(rate / 50, 1, most);
    }

    public void Set(bool? paused = null, long? bytesPerSecond = null, TimeSpan? delay = null)
    {
        lock (_gate)
        {
            _paused = paused ?? _paused;
            Interlocked.Exchange(ref _rate, bytesPerSecond ?? _rate);
            if (delay is { } span)
                Interlocked.Exchange(ref _delay, (long)(span.TotalSeconds * Stopwatch.Frequency));
            _plain = !_paused && _rate == 0 && _delay == 0;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Wakes everyone who waits here, to look whether their connection is still there.</summary>
    public void Wake()
    {
        lock (_gate)
            Monitor.PulseAll(_gate);
    }

    /// <summary>Returns when the link is not silent; false when the connection has gone instead.</summary>
    public bool WaitUntilOpen(Func<bool> gone)
    {
        if (_plain)
            return !gone();
        lock (_gate)
        {
            while (_paused && !gone())
                Monitor.Wait(_gate);
        }

        return !gone();
    }

    /// <summary>Returns when the link has carried so many bytes in the direction (0 or 1); false when the connection has gone instead.</summary>
    public bool Carry(int direction, int bytes, Func<bool> gone)
    {
        if (_plain)
            return true;
        lock (_gate)
        {
            if (_rate == 0)
                return true;
            // All connections take their turns on the one line.
            var rate = _rate;
            var due = Math.Max(_free[direction], Stopwatch.GetTimestamp() - CatchUp) + (long)((double)bytes / rate * Stopwatch.Frequency);
            _free[direction] = due;
            while (!gone() && _rate == rate)
            {
                var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
                if (left <= TimeSpan.Zero)
                    return true;
                // Rounded up: a wait of 0 ms would spin.
                Monitor.Wait(_gate, (int)Math.Min(Math.Ceiling(left.TotalMilliseconds), int.MaxValue));
            }

            // The rate changed: what an older, slower one had reserved is void.
            _free[direction] = 0;
        }

        return !gone();
    }
}
