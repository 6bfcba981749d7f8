using DyT.Config;

namespace DyT.Model;

/// <summary>The learnable values of a site and how they start.</summary>
public static class SiteParameters
{
    public static IEnumerable<ParameterSpec> Table(string site, SiteKind kind, SiteConfig config, double alpha, int width)
    {
        if (kind == SiteKind.None)
            yield break;
        if (kind is SiteKind.Dyt or SiteKind.Derf)
            yield return Scalar($"{site}.alpha", alpha);
        if (kind == SiteKind.Derf)
            yield return Scalar($"{site}.shift", config.Shift);
        if (kind == SiteKind.Dyisru)
            yield return Scalar($"{site}.b", config.IsruB);
        yield return new ParameterSpec($"{site}.weight", [width], ParameterKind.Gain, new Initializer.Constant(1));
        if (config.Beta && kind != SiteKind.Rmsnorm)
            yield return new ParameterSpec($"{site}.bias", [width], ParameterKind.Offset, new Initializer.Constant(0));
    }

    private static ParameterSpec Scalar(string name, double value) => new(name, [1], ParameterKind.SiteScalar, new Initializer.Constant(value));
}
