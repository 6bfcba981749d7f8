using DyT.Training.Calibration;

namespace DyT.Training.Tests.Calibration;

public sealed class ClosedFormTests
{
    /// <summary>Sums of t, y, t^2, y^2 and t y for y = z, standard normal, by the trapezium rule, as of one token and one channel.</summary>
    private static double[] Gaussian(Func<double, double> curve)
    {
        const double step = 1e-3;
        var sums = new double[6];
        for (var z = -9.0; z <= 9; z += step)
        {
            var density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * step;
            var t = curve(z);
            double[] values = [1, t, z, t * t, z * z, t * z];
            for (var i = 0; i < sums.Length; i++)
                sums[i] += density * values[i];
        }

        return sums;
    }

    [Theory]
    [InlineData(0.5, 2.38, 0.984)]
    [InlineData(1.0, 1.54, 0.930)]
    [InlineData(2.0, 1.15, 0.838)]
    public void Tanh_fitted_to_a_norm_of_gaussian_activations_has_the_known_gain(double kappa, double gamma, double rSquared)
    {
        var fit = SiteFit.Of(Gaussian(z => Math.Tanh(kappa * z)), hasBeta: true);
        Assert.Equal(gamma, fit.Gamma[0], 0.005);
        Assert.Equal(0, fit.Beta[0], 1e-9);
        Assert.Equal(rSquared, fit.RSquared, 0.0006);

        // By Stein's lemma: kappa (1 - m) / m with m = E tanh^2.
        var m = Gaussian(z => Math.Tanh(kappa * z))[3];
        Assert.Equal(kappa * (1 - m) / m, fit.Gamma[0], 1e-6);
    }

    [Fact]
    public void A_fit_finds_gain_and_offset_per_channel()
    {
        // Three tokens, two channels: y = 2 t + 1 and y = -t.
        double[] t = [0, 1, 3], u = [1, 2, -1];
        var (y, v) = (t.Select(x => 2 * x + 1).ToArray(), u.Select(x => -x).ToArray());
        double[] sums = [3, t.Sum(), u.Sum(), y.Sum(), v.Sum(), Dot(t, t), Dot(u, u), Dot(y, y), Dot(v, v), Dot(t, y), Dot(u, v)];
        var fit = SiteFit.Of(sums, hasBeta: true);
        Assert.Equal([2, -1], fit.Gamma, new Near(1e-9));
        Assert.Equal([1, 0], fit.Beta, new Near(1e-9));
        Assert.Equal(1, fit.RSquared, 1e-9);
        Assert.Equal(SiteFit.Width(2), sums.Length);

        var through = SiteFit.Of(sums, hasBeta: false);
        Assert.Equal(Dot(t, y) / Dot(t, t), through.Gamma[0], 1e-9);
        Assert.Equal([0, 0], through.Beta);
    }

    [Theory]
    [InlineData(1.0, 4.0, 0.0, 12, 1.0)]
    [InlineData(2.5, 0.3, 0.4, 8, 1.0)]
    [InlineData(2.5, 0.3, -0.7, 8, 0.5)]
    public void A_branch_adds_its_share_of_the_growth(double v0, double f, double c, int branches, double growth)
    {
        var s = ClosedForms.Branch(v0, f, c, branches, growth);
        Assert.True(s > 0);
        Assert.Equal(growth * v0 / branches, s * s * f + 2 * s * c, 1e-9); // E[(x + s F)^2] - E[x^2]
    }

    [Fact]
    public void Alpha_is_the_inverse_of_the_root_mean_square()
    {
        var moments = new InputMoments(Count: 4, Sum: 8, Squares: 100); // rms 5, mean 2
        Assert.Equal(0.2, ClosedForms.Alpha(1, moments), 1e-12);
        var (alpha, shift) = ClosedForms.Erf(0.5, moments);
        Assert.Equal(0.1 / 1.205, alpha, 1e-12);
        Assert.Equal(-alpha * 2, shift, 1e-12);
        Assert.Equal(1 / Math.Sqrt(ClosedForms.IsruB(1, moments)), ClosedForms.Alpha(1, moments), 1e-12);
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private sealed class Near(double tolerance) : IEqualityComparer<double>
    {
        public bool Equals(double x, double y) => Math.Abs(x - y) <= tolerance;

        public int GetHashCode(double obj) => 0;
    }
}
