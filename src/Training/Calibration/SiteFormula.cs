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

    /// <summary>The scalars by the moments of the input, for sites that have some. Nothing is set.</summary>
    public SiteScalars Scalars(double kappa, InputMoments x)
    {
        switch (Kind)
        {
            case SiteKind.Dyt:
                var alpha = ClosedForms.Alpha(kappa, x);
                return new SiteScalars(alpha, (float)alpha, 0);
            case SiteKind.Derf:
                var (erfAlpha, shift) = ClosedForms.Erf(kappa, x);
                return new SiteScalars(erfAlpha, (float)erfAlpha, (float)shift);
            default:
                return new SiteScalars(ClosedForms.Alpha(kappa, x), (float)ClosedForms.IsruB(kappa, x), 0);
        }
    }

    public void SetScalars(SiteScalars scalars)
    {
        Set(Kind == SiteKind.Dyisru ? "b" : "alpha", scalars.First);
        if (Kind == SiteKind.Derf)
            Set("shift", scalars.Second);
    }

    public void SetAffine(SiteFit fit)
    {
        Write("weight", fit.Gamma);
        if (HasBeta)
            Write("bias", fit.Beta);
    }

    /// <summary>x [N, C] fp64 to the curve's values; norms have no scalars.</summary>
    public Tensor Curve(Tensor x, SiteScalars scalars) => Kind switch
    {
        SiteKind.Dyt => x.mul((double)scalars.First).tanh(),
        SiteKind.Derf => x.mul((double)scalars.First).add((double)scalars.Second).erf(),
        SiteKind.Dyisru => x.mul(x.square().add((double)scalars.First).rsqrt()).mul(Math.Sqrt(x.shape[^1])),
        SiteKind.Layernorm => Norm(x.sub(x.mean([-1L], keepdim: true)), Eps),
        SiteKind.Rmsnorm => Norm(x, Eps),
        _ => x,
    };

    /// <summary>x [N, C] over the root mean square of each row.</summary>
    public static Tensor Norm(Tensor x, double eps) => x.mul(x.square().mean([-1L], keepdim: true).add(eps).rsqrt());

    private void Set(string part, float value) => Parameters.Weights.Span[Entry(part)!.Offset] = value;

    private void Write(string part, double[] values)
    {
        var entry = Entry(part)!;
        var weights = Parameters.Weights.Span.Slice(entry.Offset, entry.Length);
        for (var i = 0; i < values.Length; i++)
            weights[i] = (float)values[i];
    }

    private FlatEntry? Entry(string part) => Parameters.Find($"{Name}.{part}") is null ? null : Parameters.Layout[$"{Name}.{part}"];
}

/// <summary>What a calibrated site's curve is given, as it will stand in the parameters.</summary>
/// <param name="Slope">Alpha, or for DyISRU its slope at 0 without gamma.</param>
/// <param name="First">alpha, or DyISRU's b.</param>
/// <param name="Second">Derf's shift.</param>
internal readonly record struct SiteScalars(double Slope, float First, float Second);
