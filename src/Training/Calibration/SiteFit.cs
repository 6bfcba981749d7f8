namespace DyT.Training.Calibration;

/// <summary>
/// The least-squares fit gamma_c t_c + beta_c to a target y_c, channel by channel, from sums over tokens: gamma = Cov(t, y) / Var t, beta = E y - gamma E t. Without an offset
/// gamma = E[t y] / E[t^2].
/// </summary>
/// <param name="Gamma">[C].</param>
/// <param name="Beta">[C]; zero without an offset.</param>
/// <param name="RSquared">1 - what is left of y's variance, over all channels.</param>
internal sealed record SiteFit(double[] Gamma, double[] Beta, double RSquared)
{
    private const double Eps = 1e-12;
    private const int Sums = 5; // t, y, t^2, y^2, t y

    /// <summary>Numbers that <see cref="Of"/> takes of so many channels.</summary>
    public static int Width(int channels) => 1 + Sums * channels;

    /// <param name="sums">The number of tokens; then, [C] each, the sums of t, y, t^2, y^2 and t y.</param>
    /// <param name="hasBeta">Whether there is an offset.</param>
    public static SiteFit Of(ReadOnlySpan<double> sums, bool hasBeta)
    {
        var channels = (sums.Length - 1) / Sums;
        var (gamma, beta) = (new double[channels], new double[channels]);
        var (left, total) = (0.0, 0.0);
        for (var c = 0; c < channels; c++)
        {
            double Mean(ReadOnlySpan<double> all, int which) => all[1 + which * channels + c] / all[0];
            var (t, y, tt, yy, ty) = (Mean(sums, 0), Mean(sums, 1), Mean(sums, 2), Mean(sums, 3), Mean(sums, 4));
            var (variance, covariance) = hasBeta ? (tt - t * t, ty - t * y) : (tt, ty);
            gamma[c] = covariance / (variance + Eps);
            beta[c] = hasBeta ? y - gamma[c] * t : 0;
            // E[(y - gamma t - beta)^2], and the variance that there was.
            left += yy - 2 * gamma[c] * ty - 2 * beta[c] * y + gamma[c] * gamma[c] * tt + 2 * gamma[c] * beta[c] * t + beta[c] * beta[c];
            total += yy - y * y;
        }

        return new SiteFit(gamma, beta, 1 - left / (total + Eps));
    }
}
