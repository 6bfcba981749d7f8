using DyT.Config;
using TorchSharp;

namespace DyT.Model;

/// <summary>Makes a site from its kind and the parameters under its name.</summary>
public static class Sites
{
    /// <summary>What stands at a site: its name says which kind of place it is.</summary>
    public static SiteKind KindAt(string name, SiteConfig config) => Place(name) switch
    {
        "input_layernorm" or "cross_layernorm" => config.EffectiveAttention,
        "post_attention_layernorm" or RnnNames.Gates or RnnNames.Candidate or RnnNames.Cell => config.EffectiveFfn,
        _ => config.EffectiveFinal,
    };

    /// <summary>Makes a site as <see cref="KindAt"/> says, for whoever wants to use it alone.</summary>
    public static ISite At(string name, SiteConfig config, ParameterSet parameters) => Create(name, KindAt(name, config), config, parameters, new NetworkProbe());

    private static string Place(string name) => name[(name.LastIndexOf('.') + 1)..];

    /// <summary>Makes a site of a kind.</summary>
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
