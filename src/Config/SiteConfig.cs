namespace DyT.Config;

public enum SiteKind { Dyt, Derf, Dyisru, Layernorm, Rmsnorm, None }

/// <summary>What stands where a normalization layer would: before attention, before the MLP, and after the last block.</summary>
public sealed record SiteConfig
{
    [Setting("Kind of every site: dyt, derf, dyisru, layernorm, rmsnorm or none.")]
    public SiteKind Kind { get; init; } = SiteKind.Dyt;

    [Setting("Kind of the sites before attention. Absent: kind.")]
    public SiteKind? Attention { get; init; }

    [Setting("Kind of the sites before the MLP. Absent: kind.")]
    public SiteKind? Ffn { get; init; }

    [Setting("Kind of the site after the last block. Absent: kind.")]
    public SiteKind? Final { get; init; }

    [Setting("Start value of alpha at attention sites (dyt, derf).", Min = 0, ExclusiveMin = true)]
    public double AlphaAttention { get; init; } = 0.5;

    [Setting("Start value of alpha at the other sites (dyt, derf).", Min = 0, ExclusiveMin = true)]
    public double AlphaOther { get; init; } = 0.5;

    [Setting("Start value of the shift s inside derf.")]
    public double Shift { get; init; }

    [Setting("Start value of b in dyisru's sqrt(b + x^2).", Min = 0, ExclusiveMin = true)]
    public double IsruB { get; init; } = 1.0;

    [Setting("A learnable offset beta per channel (not for rmsnorm, which has none). The LLaMA recipe of DyT leaves it out.")]
    public bool Beta { get; init; } = true;

    [Setting("Epsilon of layernorm and rmsnorm.", Min = 0, ExclusiveMin = true)]
    public double Eps { get; init; } = 1e-5;

    public SiteKind EffectiveAttention => Attention ?? Kind;

    public SiteKind EffectiveFfn => Ffn ?? Kind;

    public SiteKind EffectiveFinal => Final ?? Kind;
}
