using System.Runtime.Intrinsics;

namespace DyT.Training.Optimization;

/// <summary>The L2 norm of a flat buffer, with bits that depend on the values alone.</summary>
public static class GlobalNorm
{
    /// <summary>Elements whose squares are added before the sums are added in order.</summary>
    public const int Block = 4096;

    private const int Lanes = 8;

    public static double Of(ReadOnlySpan<float> values)
    {
        var sum = 0.0;
        for (var at = 0; at < values.Length; at += Block)
            sum += SumOfSquares(values.Slice(at, Math.Min(Block, values.Length - at)));
        return Math.Sqrt(sum);
    }

    /// <summary>Squares of one block in double: eight lanes by position modulo 8, added pairwise at the end. The same for any vector width.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> block)
    {
        var lanes = Vector512<double>.Zero;
        var body = block.Length / Lanes * Lanes;
        for (var i = 0; i < body; i += Lanes)
        {
            var floats = Vector256.Create(block.Slice(i, Lanes));
            var (low, high) = Vector256.Widen(floats);
            var doubles = Vector512.Create(low, high);
            lanes += doubles * doubles;
        }

        Span<double> sums = stackalloc double[Lanes];
        lanes.CopyTo(sums);
        for (var i = body; i < block.Length; i++)
            sums[i - body] += (double)block[i] * block[i];
        return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    }
}
