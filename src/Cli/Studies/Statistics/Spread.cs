namespace DyT.Cli.Studies.Statistics;

/// <summary>Mean and spread of a few numbers. Pure.</summary>
/// <param name="Count">How many.</param>
/// <param name="Deviation">Sample standard deviation (n - 1); null for one number.</param>
public sealed record Spread(int Count, double Mean, double? Deviation)
{
    /// <summary>Null for none.</summary>
    public static Spread? Of(IEnumerable<double> values)
    {
        var all = values.ToArray();
        if (all.Length == 0)
            return null;
        var mean = all.Average();
        return new Spread(all.Length, mean, all.Length == 1 ? null : Math.Sqrt(all.Sum(v => (v - mean) * (v - mean)) / (all.Length - 1)));
    }
}
