namespace DyT.Training.Calibration;

/// <summary>The scales that follow from moments alone.</summary>
internal static class ClosedForms
{
    /// <summary>tanh's slope and erf's differ so that their curves lie closest: alpha of erf is that of tanh over this.</summary>
    public const double ErfFactor = 1.205;

    /// <summary>alpha = kappa / sqrt(E[x^2]) of a tanh site; the norm divides by the same.</summary>
    public static double Alpha(double kappa, InputMoments x) => kappa / Math.Max(x.RootMeanSquare, 1e-12);

    /// <summary>alpha and s of an erf site: erf(alpha (x - E x)).</summary>
    public static (double Alpha, double Shift) Erf(double kappa, InputMoments x)
    {
        var alpha = Alpha(kappa, x) / ErfFactor;
        return (alpha, -alpha * x.Mean);
    }

    /// <summary>b of x / sqrt(b + x^2), whose slope at 0 is then kappa / sqrt(E[x^2]).</summary>
    public static double IsruB(double kappa, InputMoments x) => 1 / Math.Pow(Alpha(kappa, x), 2);

    /// <summary>
    /// The factor of one of so many branches, so that all together let E[x^2] grow from v0 to (1 + growth) v0 (cf. Admin, arXiv 2004.08249): the positive root of
    /// f s^2 + 2 c s = growth v0 / branches.
    /// </summary>
    /// <param name="v0">E[x0^2] of the residual stream before the first branch.</param>
    /// <param name="f">E[F^2] of the branch.</param>
    /// <param name="c">E[x F] of the stream and the branch.</param>
    /// <param name="branches">How many share the growth.</param>
    /// <param name="growth">Wanted, of all.</param>
    public static double Branch(double v0, double f, double c, int branches, double growth)
    {
        if (f <= 0)
            return 1; // a branch that gives nothing
        return (-c + Math.Sqrt(c * c + f * growth * v0 / branches)) / f;
    }
}
