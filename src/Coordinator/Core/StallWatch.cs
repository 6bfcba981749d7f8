using System.Globalization;
using DyT.Cluster.Startup;
using DyT.Collectives;

namespace DyT.Coordinator.Core;

/// <summary>Notices when a generation neither commits nor breaks, and says who waits for whom. Once for each standstill.</summary>
public sealed class StallWatch(Timings timings)
{
    private const int Steps = 10;
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(10);

    private TimeSpan _last;
    private double _usual; // seconds of a step, smoothed
    private bool _told;

    /// <summary>Something was committed, or a generation began.</summary>
    /// <param name="now">When.</param>
    /// <param name="stepSeconds">How long the step took; null when it was none.</param>
    public void Progress(TimeSpan now, double? stepSeconds)
    {
        _last = now;
        _told = false;
        if (stepSeconds is { } seconds)
            _usual = _usual == 0 ? seconds : _usual + 0.2 * (seconds - _usual);
    }

    /// <summary>A sentence when it is time for one.</summary>
    public string? Tick(TimeSpan now, GenerationPlan plan, IReadOnlyDictionary<string, WorkerEntry> workers)
    {
        var patience = TimeSpan.FromSeconds(Math.Max(Math.Max(Shortest.TotalSeconds, 2 * timings.Budget.TotalSeconds), Steps * _usual));
        if (_told || now - _last < patience)
            return null;
        _told = true;
        var members = plan.Members.Select(m => workers.TryGetValue(m.Name, out var w)
            ? string.Create(CultureInfo.InvariantCulture, $"{m.Name}: {w.Activity} since {w.ActivitySeconds:0} s")
            : $"{m.Name}: not registered");
        return string.Create(CultureInfo.InvariantCulture, $"nothing was committed for {(now - _last).TotalSeconds:0} s in generation {plan.Number}. {string.Join(". ", members)}");
    }
}
