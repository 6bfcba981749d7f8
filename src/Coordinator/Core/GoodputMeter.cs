namespace DyT.Coordinator.Core;

/// <summary>The share of the workers' time that went into committed steps, as it goes.</summary>
public sealed class GoodputMeter
{
    private double _useful;
    private double _present;
    private TimeSpan? _last;

    /// <summary>Null before there is anything to divide.</summary>
    public double? Value => _present > 0 && _useful > 0 ? Math.Min(1, _useful / _present) : null;

    /// <summary>Time goes by with so many workers registered.</summary>
    public void Tick(TimeSpan now, int workers)
    {
        if (_last is { } last)
            _present += (now - last).TotalSeconds * workers;
        _last = now;
    }

    public void Committed(double seconds, int worldSize) => _useful += seconds * worldSize;
}
