namespace DyT.Model;

/// <summary>What a parameter is; decides decay and learning-rate factor.</summary>
public enum ParameterKind
{
    Matrix,
    Embedding,
    Bias,

    /// <summary>gamma: a factor per channel.</summary>
    Gain,

    /// <summary>beta: an addend per channel.</summary>
    Offset,

    /// <summary>alpha of DyT and Derf, s of Derf, b of DyISRU.</summary>
    SiteScalar,

    /// <summary>The scalar after the token embedding.</summary>
    Scale,

    /// <summary>The factor of a branch, or of the skip path.</summary>
    BranchScalar,

    /// <summary>T5's learned bias per bucket and head.</summary>
    PositionBias,
}

/// <summary>How a parameter starts.</summary>
public abstract record Initializer
{
    public sealed record Normal(double Std) : Initializer;

    public sealed record Constant(double Value) : Initializer;
}

/// <summary>One parameter: the table of these is the single truth about a model's shape.</summary>
public sealed record ParameterSpec(string Name, long[] Shape, ParameterKind Kind, Initializer Init)
{
    public long Count => Shape.Aggregate(1L, (product, size) => product * size);
}
