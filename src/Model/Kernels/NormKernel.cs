using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>Whether a norm subtracts the row's mean.</summary>
internal interface INorm
{
    static abstract bool Centred { get; }
}

internal readonly struct LayerNorm : INorm
{
    public static bool Centred => true;
}

internal readonly struct RmsNorm : INorm
{
    public static bool Centred => false;
}

/// <summary>
/// gamma (x - mean) / sqrt(variance + eps) + beta over each row, or gamma x / sqrt(mean of squares + eps) + beta, for one chunk of rows. A row is read from
/// memory once: it is still in the first-level cache when it is used again.
/// </summary>
internal static unsafe class NormKernel<TNorm, T>
    where TNorm : struct, INorm
    where T : struct, IElement
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(SiteArguments*)arguments;
        var remainder = a.Remainder;
        var body = a.Width - remainder;
        var gamma = a.Gamma;
        var beta = a.Beta;
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var offset = (nint)row * a.Width * T.Bytes;
            var x = a.X + offset;
            var y = a.Out + offset;
            var mean = TNorm.Centred ? (float)(RowSum(x, a.Width) / a.Width) : 0;
            var inverse = (float)(1 / Math.Sqrt(SquareSum(x, a.Width, mean) / a.Width + a.Eps));
            a.Statistics[row] = mean;
            a.Statistics[a.Chunks.Rows + row] = inverse;
            var (m, r) = (Vector512.Create(mean), Vector512.Create(inverse));
            for (var c = 0; c < body; c += Count)
                T.Store(y + (nint)c * T.Bytes, Value(gamma, beta, c, Normal(T.Load(x + (nint)c * T.Bytes), m, r)));
            if (remainder > 0)
            {
                var at = (nint)body * T.Bytes;
                Tail<T>.Store(y + at, Value(gamma, beta, body, Normal(Tail<T>.Load(x + at, remainder), m, r)), remainder);
            }
        }

        T.EndStores();
    }

    /// <summary>With n = (x - mean) r and g = gamma gy: gx = r (g - mean(g) - n mean(g n)); without mean(g) when the norm is not centred.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(SiteArguments*)arguments;
        var remainder = a.Remainder;
        var body = a.Width - remainder;
        var gamma = a.Gamma;
        var gammaSums = a.GammaSums(chunk);
        var betaSums = a.BetaSums(chunk);
        NativeMemory.Clear(gammaSums, (nuint)(2 * a.PaddedWidth) * sizeof(float));
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var offset = (nint)row * a.Width * T.Bytes;
            var x = a.X + offset;
            var gy = a.GradOut + offset;
            var gx = a.Out + offset;
            var (m, r) = (Vector512.Create(a.Statistics[row]), Vector512.Create(a.Statistics[a.Chunks.Rows + row]));

            var sumOfG = Vector512<float>.Zero;
            var sumOfGn = Vector512<float>.Zero;
            for (var c = 0; c < body; c += Count)
            {
                var normal = Normal(T.Load(x + (nint)c * T.Bytes), m, r);
                var g = Collect(gamma, c, normal, T.Load(gy + (nint)c * T.Bytes), gammaSums, betaSums);
                sumOfGn = Fma(g, normal, sumOfGn);
                sumOfG += g;
            }

            // Lanes beyond the row have a zero gradient and so add nothing.
            var tail = (nint)body * T.Bytes;
            if (remainder > 0)
            {
                var normal = Normal(Tail<T>.Load(x + tail, remainder), m, r);
                var g = Collect(gamma, body, normal, Tail<T>.Load(gy + tail, remainder), gammaSums, betaSums);
                sumOfGn = Fma(g, normal, sumOfGn);
                sumOfG += g;
            }

            var meanOfG = TNorm.Centred ? Vector512.Create((float)(Sum(sumOfG) / a.Width)) : default;
            var meanOfGn = Vector512.Create((float)(Sum(sumOfGn) / a.Width));
            for (var c = 0; c < body; c += Count)
            {
                var at = (nint)c * T.Bytes;
                T.Store(gx + at, Gradient(gamma, c, T.Load(x + at), T.Load(gy + at), m, r, meanOfG, meanOfGn));
            }

            if (remainder > 0)
            {
                var gradient = Gradient(gamma, body, Tail<T>.Load(x + tail, remainder), Tail<T>.Load(gy + tail, remainder), m, r, meanOfG, meanOfGn);
                Tail<T>.Store(gx + tail, gradient, remainder);
            }
        }

        T.EndStores();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Normal(Vector512<float> x, Vector512<float> mean, Vector512<float> inverse) =>
        TNorm.Centred ? (x - mean) * inverse : x * inverse;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Value(float* gamma, float* beta, int c, Vector512<float> normal) =>
        TNorm.Centred
            ? Fma(normal, Vector512.Load(gamma + c), Vector512.Load(beta + c))
            : normal * Vector512.Load(gamma + c);

    // g = gamma gy; adds to the sums for gamma and beta.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Collect(float* gamma, int c, Vector512<float> normal, Vector512<float> gy, float* gammaSums, float* betaSums)
    {
        Fma(gy, normal, Vector512.Load(gammaSums + c)).Store(gammaSums + c);
        if (TNorm.Centred)
            (Vector512.Load(betaSums + c) + gy).Store(betaSums + c);
        return gy * Vector512.Load(gamma + c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gradient(
        float* gamma,
        int c,
        Vector512<float> x,
        Vector512<float> gy,
        Vector512<float> mean,
        Vector512<float> inverse,
        Vector512<float> meanOfG,
        Vector512<float> meanOfGn)
    {
        var g = gy * Vector512.Load(gamma + c);
        if (TNorm.Centred)
            g -= meanOfG;
        return Fma(-Normal(x, mean, inverse), meanOfGn, g) * inverse;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double RowSum(byte* x, int width)
    {
        // Four sums side by side, since each addition waits for the one before.
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var c = 0;
        for (; c + 4 * Count <= width; c += 4 * Count)
        {
            s0 += T.Load(x + (nint)c * T.Bytes);
            s1 += T.Load(x + (nint)(c + Count) * T.Bytes);
            s2 += T.Load(x + (nint)(c + 2 * Count) * T.Bytes);
            s3 += T.Load(x + (nint)(c + 3 * Count) * T.Bytes);
        }

        for (; c + Count <= width; c += Count)
            s0 += T.Load(x + (nint)c * T.Bytes);
        if (c < width)
            s1 += Tail<T>.Load(x + (nint)c * T.Bytes, width - c);
        return Sum((s0 + s1) + (s2 + s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SquareSum(byte* x, int width, float mean)
    {
        var m = Vector512.Create(mean);
        Vector512<float> s0 = default, s1 = default, s2 = default, s3 = default;
        var c = 0;
        for (; c + 4 * Count <= width; c += 4 * Count)
        {
            s0 = AddSquare(s0, T.Load(x + (nint)c * T.Bytes) - m);
            s1 = AddSquare(s1, T.Load(x + (nint)(c + Count) * T.Bytes) - m);
            s2 = AddSquare(s2, T.Load(x + (nint)(c + 2 * Count) * T.Bytes) - m);
            s3 = AddSquare(s3, T.Load(x + (nint)(c + 3 * Count) * T.Bytes) - m);
        }

        for (; c + Count <= width; c += Count)
            s0 = AddSquare(s0, T.Load(x + (nint)c * T.Bytes) - m);
        if (c < width)
            s1 = AddSquare(s1, First(Tail<T>.Load(x + (nint)c * T.Bytes, width - c) - m, width - c));
        return Sum((s0 + s1) + (s2 + s3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AddSquare(Vector512<float> sum, Vector512<float> v) => Fma(v, v, sum);
}
