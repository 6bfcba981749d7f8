using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="ScaledAddKernel"/> reads and writes: buffers of Rows x Width values. Handed to libtorch's threads by address.</summary>
internal unsafe struct ScaledAddArguments
{
    public RowChunks Chunks;
    public int Width;
    public float* X;
    public float* Branch;

    /// <summary>Of x: 1, or 1 + r.</summary>
    public float Keep;

    /// <summary>Of the branch.</summary>
    public float Scale;

    /// <summary>Forward: the output.</summary>
    public float* Out;

    /// <summary>Backward: the output's gradient.</summary>
    public float* GradOut;

    /// <summary>Backward: the gradient of x; null where it is the output's.</summary>
    public float* GradX;

    /// <summary>Backward: the gradient of the branch.</summary>
    public float* GradBranch;

    /// <summary>Backward: per chunk the sums for r and s, [chunks, 2].</summary>
    public double* Sums;
}

/// <summary>keep x + scale branch, element by element, for one chunk of rows; backward in one pass.</summary>
internal static unsafe class ScaledAddKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(ScaledAddArguments*)arguments;
        var (keep, scale) = (Vector512.Create(a.Keep), Vector512.Create(a.Scale));
        var (i, end) = Bounds(a, chunk);
        for (; i + Count <= end; i += Count)
            Fma(Vector512.Load(a.Branch + i), scale, Vector512.Load(a.X + i) * keep).Store(a.Out + i);
        if (i < end)
            Tail<Fp32>.Store((byte*)(a.Out + i), Fma(Rest(a.Branch, i, end), scale, Rest(a.X, i, end) * keep), (int)(end - i));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(ScaledAddArguments*)arguments;
        var (keep, scale) = (Vector512.Create(a.Keep), Vector512.Create(a.Scale));
        var (forKeep, forScale) = (0.0, 0.0);
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            // Over one row in fp32, over rows in double.
            var (keepSum, scaleSum) = (Vector512<float>.Zero, Vector512<float>.Zero);
            var i = (nint)row * a.Width;
            var end = i + a.Width;
            for (; i + Count <= end; i += Count)
            {
                var g = Vector512.Load(a.GradOut + i);
                (g * scale).Store(a.GradBranch + i);
                scaleSum = Fma(g, Vector512.Load(a.Branch + i), scaleSum);
                if (a.GradX is null)
                    continue;
                (g * keep).Store(a.GradX + i);
                keepSum = Fma(g, Vector512.Load(a.X + i), keepSum);
            }

            if (i < end)
            {
                // Lanes beyond the row have a zero gradient and so add nothing.
                var g = Rest(a.GradOut, i, end);
                Tail<Fp32>.Store((byte*)(a.GradBranch + i), g * scale, (int)(end - i));
                scaleSum = Fma(g, Rest(a.Branch, i, end), scaleSum);
                if (a.GradX is not null)
                {
                    Tail<Fp32>.Store((byte*)(a.GradX + i), g * keep, (int)(end - i));
                    keepSum = Fma(g, Rest(a.X, i, end), keepSum);
                }
            }

            forScale += Sum(scaleSum);
            forKeep += Sum(keepSum);
        }

        a.Sums[2 * chunk] = forKeep;
        a.Sums[2 * chunk + 1] = forScale;
    }

    // Rows follow each other without gaps.
    private static (nint Start, nint End) Bounds(in ScaledAddArguments a, int chunk) => ((nint)a.Chunks.First(chunk) * a.Width, (nint)a.Chunks.End(chunk) * a.Width);

    private static Vector512<float> Rest(float* from, nint i, nint end) => Tail<Fp32>.Load((byte*)(from + i), (int)(end - i));
}
