using DyT.Config;
using TorchSharp;

namespace DyT.Model;

/// <summary>Makes a site from its kind and the parameters under its name.</summary>
public static class Sites
{
    /// <param name="probe">Told what passes through it.</param>
    public static ISite Create(string name, SiteKind kind, SiteConfig config, ParameterSet parameters, NetworkProbe probe)
    {
        torch.Tensor Needed(string part) => parameters[$"{name}.{part}"];
        torch.Tensor? Optional(string part) => parameters.Find($"{name}.{part}");

        return new ProbedSite(name, kind switch
        {
            SiteKind.Dyt => new DyTSite(Needed("alpha"), Needed("weight"), Optional("bias")),
            SiteKind.Derf => new DerfSite(Needed("alpha"), Needed("shift"), Needed("weight"), Optional("bias")),
            SiteKind.Dyisru => new DyIsruSite(Needed("b"), Needed("weight"), Optional("bias")),
            SiteKind.Layernorm => new LayerNormSite(Needed("weight"), Optional("bias"), config.Eps),
            SiteKind.Rmsnorm => new RmsNormSite(Needed("weight"), config.Eps),
            SiteKind.None => new NoSite(),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, null),
        }, probe);
    }
}
