namespace DyT.Runs.Tracing;

/// <summary>What a worker's clocks said when its part of a trace began.</summary>
/// <param name="Host">Processes that name the same one read the same steady clock.</param>
/// <param name="SteadyUs">Microseconds of that clock.</param>
/// <param name="UnixUs">Microseconds since 1970 by the wall clock.</param>
public readonly record struct TraceClock(string Host, double SteadyUs, double UnixUs);

/// <summary>Brings the parts of a trace to one time line: pure.</summary>
public static class TraceAlignment
{
    /// <summary>
    /// Microseconds to add to the times of each part, so that the earliest part begins at 0. Parts of one host keep their steady clock, exactly. Hosts are set
    /// against each other by their wall clocks, and are as far off as these are.
    /// </summary>
    public static double[] Offsets(IReadOnlyList<TraceClock> clocks)
    {
        // One pair of readings for each host: a wall clock that is set meanwhile must not move its parts against each other.
        var toWall = new Dictionary<string, double>();
        foreach (var clock in clocks)
            toWall.TryAdd(clock.Host, clock.UnixUs - clock.SteadyUs);
        if (clocks.Count == 0)
            return [];
        var reference = toWall[clocks[0].Host]; // small numbers, where a double still tells nanoseconds apart
        var offsets = clocks.Select(c => toWall[c.Host] - reference).ToArray();
        var earliest = clocks.Zip(offsets, (clock, offset) => clock.SteadyUs + offset).Min();
        return [.. offsets.Select(o => o - earliest)];
    }
}
