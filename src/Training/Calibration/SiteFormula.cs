using DyT.Config;
using DyT.Model;
using static TorchSharp.torch;

namespace DyT.Training.Calibration;

/// <summary>A calibrated site by its parameters' places: what is set, and its curve before gamma and beta.</summary>
/// <param name="Name">The site's.</param>
/// <param name="Kind">What stands there.</param>
/// <param name="Eps">Of norms.</param>
internal sealed record SiteFormula(string Name, SiteKind Kind, ParameterSet Parameters, double Eps)
{
    /// <summary>Whether its curve has scalars to set; a norm has gamma and beta alone.</summary>
    public bool HasScalars => Kind is SiteKind.Dyt or SiteKind.Derf or SiteKind.Dyisru;

    public int Channels => Entry("weight")!.Length;

    public bool HasBeta => Entry("bias") is not null;

    public static SiteFormula Of(string name, ModelConfig model, ParameterSet parameters) => new(name, Sites.KindAt(name, model.Site), parameters, model.Site.Eps);

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
        SiteKind.Layernorm => Norm(x.sub(x.mean([-1L], keepdim: true)), Eps),
        SiteKind.Rmsnorm => Norm(x, Eps),
        _ => x,
    };

    /// <summary>x [N, C] over the root mean square of each row.</summary>
    public static Tensor Norm(Tensor x, double eps) => x.mul(x.square().mean([-1L], keepdim: true).add(eps).rsqrt());

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
