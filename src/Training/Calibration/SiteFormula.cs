using DyT.Config;
using DyT.Model;
using static TorchSharp.torch;

namespace DyT.Training.Calibration;

/// <summary>A calibrated site by its parameters' places: what is set, and its curve before gamma and beta.</summary>
/// <param name="Name">The site's.</param>
/// <param name="Kind">What stands there; a norm is left as it is.</param>
internal sealed record SiteFormula(string Name, SiteKind Kind, ParameterSet Parameters)
{
    /// <summary>Whether there is anything to set.</summary>
    public bool IsSettable => Kind is SiteKind.Dyt or SiteKind.Derf or SiteKind.Dyisru;

    public int Channels => Entry("weight")!.Length;

    public bool HasBeta => Entry("bias") is not null;

    /// <summary>The kind is told by the parameters that it has.</summary>
    public static SiteFormula Of(string name, ParameterSet parameters)
    {
        bool Has(string part) => parameters.Find($"{name}.{part}") is not null;
        var kind = (Has("alpha"), Has("shift"), Has("b"), Has("weight")) switch
        {
            (true, true, _, _) => SiteKind.Derf,
            (true, _, _, _) => SiteKind.Dyt,
            (_, _, true, _) => SiteKind.Dyisru,
            (_, _, _, true) => SiteKind.Layernorm,
            _ => SiteKind.None,
        };
        return new SiteFormula(name, kind, parameters);
    }

    /// <summary>Sets the scalars from the moments of the input; gives alpha, or for DyISRU its slope at 0 without gamma.</summary>
    public double SetScalars(double kappa, InputMoments x)
    {
        switch (Kind)
        {
            case SiteKind.Dyt:
                var alpha = ClosedForms.Alpha(kappa, x);
                Set("alpha", alpha);
                return alpha;
            case SiteKind.Derf:
                var (erfAlpha, shift) = ClosedForms.Erf(kappa, x);
                Set("alpha", erfAlpha);
                Set("shift", shift);
                return erfAlpha;
            case SiteKind.Dyisru:
                Set("b", ClosedForms.IsruB(kappa, x));
                return ClosedForms.Alpha(kappa, x);
            default:
                return double.NaN;
        }
    }

    public void SetAffine(SiteFit fit)
    {
        Write("weight", fit.Gamma);
        if (HasBeta)
            Write("bias", fit.Beta);
    }

    /// <summary>x [N, C] fp64 to the curve's values, by the scalars as they stand.</summary>
    public Tensor Curve(Tensor x) => Kind switch
    {
        SiteKind.Dyt => x.mul(Get("alpha")).tanh(),
        SiteKind.Derf => x.mul(Get("alpha")).add(Get("shift")).erf(),
        SiteKind.Dyisru => x.mul(x.square().add(Get("b")).rsqrt()).mul(Math.Sqrt(x.shape[^1])),
        _ => x,
    };

    private double Get(string part) => Parameters.Weights.Span[Entry(part)!.Offset];

    private void Set(string part, double value) => Parameters.Weights.Span[Entry(part)!.Offset] = (float)value;

    private void Write(string part, double[] values)
    {
        var entry = Entry(part)!;
        var weights = Parameters.Weights.Span.Slice(entry.Offset, entry.Length);
        for (var i = 0; i < values.Length; i++)
            weights[i] = (float)values[i];
    }

    private FlatEntry? Entry(string part) => Parameters.Find($"{Name}.{part}") is null ? null : Parameters.Layout[$"{Name}.{part}"];
}
