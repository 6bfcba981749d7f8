namespace DyT.Cli.Studies.Statistics;

/// <summary>One place of a mean curve.</summary>
/// <param name="Deviation">Sample standard deviation over the runs; 0 for one run.</param>
public readonly record struct CurvePoint(double X, double Mean, double Deviation);

/// <summary>Several runs' curves as one. Pure.</summary>
public static class MeanCurve
{
    /// <summary>Mean and spread where all runs have a finite value, in the order of x.</summary>
    public static IReadOnlyList<CurvePoint> Of(IReadOnlyList<IReadOnlyList<(double X, double Y)>> runs)
    {
        var places = runs.SelectMany(run => run.Where(p => double.IsFinite(p.Y)).DistinctBy(p => p.X)).GroupBy(p => p.X, p => p.Y);
        return [.. places.Where(p => p.Count() == runs.Count).OrderBy(p => p.Key).Select(p =>
        {
            var spread = Spread.Of(p)!;
            return new CurvePoint(p.Key, spread.Mean, spread.Deviation ?? 0);
        })];
    }
}
