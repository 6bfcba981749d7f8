namespace DyT.Training.Insight;

/// <summary>The tanh closest to a site's input-output points: y = gain tanh(alpha x) + offset, by least squares.</summary>
/// <param name="RSquared">1 - what is left of y's variance.</param>
public sealed record TanhFit(double Alpha, double Gain, double Offset, double RSquared)
{
    private const int Steps = 60;
    private static readonly double Golden = (Math.Sqrt(5) - 1) / 2;

    public double At(double x) => Gain * Math.Tanh(Alpha * x) + Offset;

    /// <summary>Golden-section search over log alpha; gain and offset follow in closed form.</summary>
    public static TanhFit To(IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var rms = Math.Sqrt(x.Sum(v => v * v) / x.Count);
        var (low, high) = (Math.Log(0.01 / Math.Max(rms, 1e-12)), Math.Log(20 / Math.Max(rms, 1e-12)));
        for (var i = 0; i < Steps; i++)
        {
            var (a, b) = (high - Golden * (high - low), low + Golden * (high - low));
            if (With(Math.Exp(a), x, y).RSquared > With(Math.Exp(b), x, y).RSquared)
                high = b;
            else
                low = a;
        }

        return With(Math.Exp((low + high) / 2), x, y);
    }

    private static TanhFit With(double alpha, IReadOnlyList<double> x, IReadOnlyList<double> y)
    {
        var (n, st, sy, stt, syy, sty) = ((double)x.Count, 0.0, 0.0, 0.0, 0.0, 0.0);
        for (var i = 0; i < x.Count; i++)
        {
            var t = Math.Tanh(alpha * x[i]);
            (st, sy, stt, syy, sty) = (st + t, sy + y[i], stt + t * t, syy + y[i] * y[i], sty + t * y[i]);
        }

        var (variance, covariance, total) = (stt / n - st / n * (st / n), sty / n - st / n * (sy / n), syy / n - sy / n * (sy / n));
        var gain = variance > 0 ? covariance / variance : 0;
        return new TanhFit(alpha, gain, (sy - gain * st) / n, total > 0 && variance > 0 ? covariance * covariance / (variance * total) : 1);
    }
}
