using System.Diagnostics;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>
/// How long to look again before sleeping. Looking pays when what is waited for comes sooner than the kernel wakes anyone, and takes a core from whoever computes when it does not: from another
/// thread's backward, or from the very peer. So each vain look halves the next, down to none; every <see cref="ProbeEvery"/>-th wait tries whether it pays again.
/// </summary>
internal sealed class LookingAgain
{
    public const int ProbeEvery = 32;

    /// <summary>About twice what being woken costs, or a chunk's way.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(100);

    private static readonly long Most = (long)(Longest.TotalSeconds * Stopwatch.Frequency);

    private long _budget = Most; // of the present wait, or of the next
    private long _since; // 0: not waiting
    private int _waits;
    private bool _gaveUp; // in the present wait

    /// <summary>Nothing is there at <paramref name="now"/> (Stopwatch's, never 0): whether to look once more.</summary>
    public bool Again(long now)
    {
        if (_since == 0)
        {
            _since = now;
            if (++_waits % ProbeEvery == 0)
                _budget = Most;
        }

        if (now - _since < _budget)
            return true;
        _gaveUp = true;
        return false;
    }

    /// <summary>Something was there.</summary>
    public void Found()
    {
        if (_since == 0)
            return;
        _budget = _gaveUp ? _budget / 2 : Most;
        (_since, _gaveUp) = (0, false);
    }
}
