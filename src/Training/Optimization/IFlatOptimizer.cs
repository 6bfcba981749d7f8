using DyT.Config;

namespace DyT.Training.Optimization;

/// <summary>A contiguous piece of the flat buffer whose elements share decay and learning-rate factor. Groups tile the buffer in order.</summary>
public readonly record struct ParameterGroup(int Start, int Length, float WeightDecay, float LrFactor)
{
    public FlatRange Range => new(Start, Start + Length);
}

/// <summary>
/// An update rule over flat buffers. Element-wise: the bits of an element depend on its own history alone, whoever computes it, with whatever vector width.
/// </summary>
public interface IFlatOptimizer
{
    /// <summary>Names of what it remembers of every element; the memory itself is the caller's.</summary>
    IReadOnlyList<string> MomentNames { get; }

    /// <summary>
    /// Applies update number <paramref name="step"/> (from 1) to the elements that <paramref name="moments"/> covers. Every gradient is multiplied by
    /// <paramref name="gradientScale"/> first.
    /// </summary>
    /// <param name="step">Number of the update.</param>
    /// <param name="learningRate">Before the groups' factors.</param>
    /// <param name="gradientScale">Mean and clipping.</param>
    /// <param name="weights">The whole flat buffer; changed within the segment only.</param>
    /// <param name="gradients">The whole flat buffer; read within the segment only.</param>
    /// <param name="moments">The piece, and what is remembered of it.</param>
    void Update(long step, double learningRate, float gradientScale, Span<float> weights, ReadOnlySpan<float> gradients, MomentSegment moments);
}

/// <summary>Makes the configured optimizer.</summary>
public static class Optimizers
{
    public static IFlatOptimizer Create(OptimizerConfig config, IReadOnlyList<ParameterGroup> groups, int length)
    {
        var at = 0;
        foreach (var group in groups)
        {
            if (group.Start != at)
                throw new ArgumentException($"a parameter group starts at {group.Start} where {at} is expected", nameof(groups));
            at += group.Length;
        }

        if (at != length)
            throw new ArgumentException($"the parameter groups cover {at} of {length} elements", nameof(groups));
        return config.Kind switch
        {
            OptimizerKind.Adamw => new AdamW(config, groups),
            OptimizerKind.Sgd => new Sgd(config, groups),
            _ => throw new ArgumentOutOfRangeException(nameof(config), config.Kind, null),
        };
    }
}
