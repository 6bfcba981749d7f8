namespace DyT.Cli.Studies.Statistics;

/// <summary>
/// Whether the mean of paired differences is other than 0, by resampling the pairs (Efron and Tibshirani, An Introduction to the Bootstrap, 1993): percentile interval and
/// two-sided p. Few pairs are all resampled exactly; of many, a fixed number of resamples from a fixed seed is drawn, so that the same numbers give the same answer. Pure.
/// </summary>
/// <param name="Pairs">n.</param>
/// <param name="Mean">Mean difference.</param>
/// <param name="Low">Lower end of the 95 % interval of the mean.</param>
/// <param name="P">Two-sided; never below 2 / (resamples + 1).</param>
public sealed record PairedBootstrap(int Pairs, double Mean, double Low, double High, double P)
{
    /// <summary>Fewer pairs are no evidence of anything.</summary>
    public const int MinPairs = 3;

    private const int Exact = 6; // 6^6 = 46,656 resamples
    private const int Resamples = 20_000;

    /// <param name="differences">Of the same seed each.</param>
    /// <returns>Null for fewer than <see cref="MinPairs"/>.</returns>
    public static PairedBootstrap? Of(IReadOnlyList<double> differences)
    {
        var n = differences.Count;
        if (n < MinPairs)
            return null;
        var means = n <= Exact ? AllMeans(differences) : DrawnMeans(differences);
        Array.Sort(means);
        // A mean of equal numbers is 0 only up to rounding.
        var tiny = 1e-12 * differences.Max(Math.Abs);
        var below = means.Count(m => m <= tiny);
        var above = means.Count(m => m >= -tiny);
        // With one added to both counts a resampling test cannot claim more than its resamples show (Davison and Hinkley 1997).
        var p = Math.Min(1, 2.0 * (Math.Min(below, above) + 1) / (means.Length + 1));
        return new PairedBootstrap(n, differences.Average(), Quantile(means, 0.025), Quantile(means, 0.975), p);
    }

    private static double[] AllMeans(IReadOnlyList<double> d)
    {
        var means = new double[(int)Math.Pow(d.Count, d.Count)];
        for (var i = 0; i < means.Length; i++)
        {
            var sum = 0.0;
            for (int k = 0, digits = i; k < d.Count; k++, digits /= d.Count)
                sum += d[digits % d.Count];
            means[i] = sum / d.Count;
        }

        return means;
    }

    private static double[] DrawnMeans(IReadOnlyList<double> d)
    {
        var random = new Random(20250101);
        var means = new double[Resamples];
        for (var i = 0; i < means.Length; i++)
        {
            var sum = 0.0;
            for (var k = 0; k < d.Count; k++)
                sum += d[random.Next(d.Count)];
            means[i] = sum / d.Count;
        }

        return means;
    }

    // Linear between order statistics.
    private static double Quantile(double[] sorted, double q)
    {
        var at = q * (sorted.Length - 1);
        var i = (int)at;
        return i + 1 < sorted.Length ? sorted[i] + (at - i) * (sorted[i + 1] - sorted[i]) : sorted[^1];
    }
}
