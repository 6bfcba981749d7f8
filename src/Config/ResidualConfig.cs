namespace DyT.Config;

/// <summary>What a block's branches are multiplied by before they are added to the residual stream.</summary>
public enum ResidualKind
{
    /// <summary>Nothing: x + F(x).</summary>
    Plain,

    /// <summary>Learned scalars, two per block.</summary>
    Scalars,
}

/// <summary>Where the two scalars of a block stand.</summary>
public enum ResidualForm
{
    /// <summary>x + a Attn(x), then x + r FFN(x).</summary>
    Branch,

    /// <summary>(1 + r) x + a Attn(x), then x + FFN(x).</summary>
    OnePlus,
}

/// <summary>How the branches' scalars start.</summary>
public enum ResidualInit
{
    Zero,
    One,

    /// <summary>By the calibration stage, from the variance that the branches are to add.</summary>
    ClosedForm,
}

/// <summary>The residual connections (cf. ReZero, arXiv 2003.04887, and SkipInit, arXiv 2002.10444).</summary>
public sealed record ResidualConfig
{
    [Setting("plain (x + F(x)) or scalars: two learned scalars per block on what is added to the residual stream.")]
    public ResidualKind Kind { get; init; } = ResidualKind.Plain;

    [Setting("branch: x + a Attn(x), then x + r FFN(x). one_plus: (1 + r) x + a Attn(x), then x + FFN(x); r starts at 0.")]
    public ResidualForm Form { get; init; } = ResidualForm.Branch;

    [Setting("Start of the branches' scalars: zero (with form: branch, each block starts as the identity), one, or closed_form (set by a stage 'calibrate' from the variance that the branches may add).")]
    public ResidualInit Init { get; init; } = ResidualInit.One;

    [Setting("closed_form: by how much all branches together let the variance of the residual stream grow; 1: it doubles.", Min = 0, ExclusiveMin = true)]
    public double Growth { get; init; } = 1;

    [Setting("Factor of the learning rate for the scalars. They never decay.", Min = 0)]
    public double LrFactor { get; init; } = 1;
}
