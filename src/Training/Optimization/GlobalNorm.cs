using System.Buffers;
using System.Runtime.Intrinsics;
using DyT.Model.Native;

namespace DyT.Training.Optimization;

/// <summary>The L2 norm of a flat buffer, with bits that depend on the values alone.</summary>
public static unsafe class GlobalNorm
{
    /// <summary>Elements whose squares are added before the sums are added in order.</summary>
    public const int Block = 4096;

    private const int Lanes = 8;

    // Blocks that are worth a thread.
    private const int BlocksPerThread = 16;

    /// <summary>Blocks are summed on torch's threads, their sums added in order.</summary>
    public static double Of(ReadOnlySpan<float> values)
    {
        var blocks = (values.Length + Block - 1) / Block;
        var sums = ArrayPool<double>.Shared.Rent(blocks);
        fixed (float* v = values)
        fixed (double* s = sums)
        {
            var job = new Job { Values = v, Length = values.Length, Sums = s };
            TorchThreads.For(blocks, BlocksPerThread, &SumBlock, &job);
        }

        var sum = 0.0;
        for (var i = 0; i < blocks; i++)
            sum += sums[i];
        ArrayPool<double>.Shared.Return(sums);
        return Math.Sqrt(sum);
    }

    private static void SumBlock(void* job, int index)
    {
        ref readonly var j = ref *(Job*)job;
        var start = index * Block;
        j.Sums[index] = SumOfSquares(new ReadOnlySpan<float>(j.Values + start, Math.Min(Block, j.Length - start)));
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

    private struct Job
    {
        public float* Values;
        public int Length;
        public double* Sums;
    }
}
