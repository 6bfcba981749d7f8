using DyT.Runs;

namespace DyT.Coordinator.Core;

/// <summary>
/// Puts reports of committed steps in order. The same step may be reported several times and by several workers, and after a coordinator's absence in any
/// order; each comes out once.
/// </summary>
public sealed class StepStream(long ledgerStep)
{
    /// <summary>So long a missing step is waited for; its reporter may just be registering again.</summary>
    public static readonly TimeSpan GapPatience = TimeSpan.FromSeconds(15);

    private readonly SortedDictionary<long, StepMetrics> _early = [];
    private TimeSpan _gapSince;

    /// <summary>The last step that came out.</summary>
    public long LastStep { get; private set; } = ledgerStep;

    /// <summary>Takes a report; what can go to the ledger now, in order.</summary>
    public IEnumerable<StepMetrics> Take(StepMetrics metrics, TimeSpan now)
    {
        if (metrics.Step <= LastStep)
            return [];
        if (_early.Count == 0)
            _gapSince = now;
        _early[metrics.Step] = metrics;
        return Flush();
    }

    /// <summary>Gives up waiting for a step that nobody seems to know any more.</summary>
    public IEnumerable<StepMetrics> Tick(TimeSpan now)
    {
        if (_early.Count == 0 || now - _gapSince < GapPatience)
            return [];
        LastStep = _early.First().Key - 1;
        return Flush();
    }

    /// <summary>Later steps will be done again.</summary>
    public void TruncateAfter(long step)
    {
        LastStep = Math.Min(LastStep, step);
        foreach (var later in _early.Keys.Where(s => s > step).ToList())
            _early.Remove(later);
    }

    private List<StepMetrics> Flush()
    {
        var ready = new List<StepMetrics>();
        while (_early.Remove(LastStep + 1, out var next))
        {
            ready.Add(next);
            LastStep++;
        }

        return ready;
    }
}
