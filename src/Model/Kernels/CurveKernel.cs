using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>gamma f(x) + beta, element by element, for one chunk of rows; backward in one pass over x and the output's gradient.</summary>
internal static unsafe class CurveKernel<TCurve, T>
    where TCurve : struct, ICurve
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
        var k = Vector512.Create(a.Scalar);
        var s = Vector512.Create(a.Shift);
        var outer = Vector512.Create(TCurve.OuterFactor(a.Width));
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var offset = (nint)row * a.Width * T.Bytes;
            var x = a.X + offset;
            var y = a.Out + offset;
            for (var c = 0; c < body; c += Count)
                T.Store(y + (nint)c * T.Bytes, Value(gamma, beta, k, s, outer, c, T.Load(x + (nint)c * T.Bytes)));
            if (remainder > 0)
            {
                offset = (nint)body * T.Bytes;
                Tail<T>.Store(y + offset, Value(gamma, beta, k, s, outer, body, Tail<T>.Load(x + offset, remainder)), remainder);
            }
        }

        T.EndStores();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(SiteArguments*)arguments;
        var remainder = a.Remainder;
        var body = a.Width - remainder;
        var gamma = a.Gamma;
        var k = Vector512.Create(a.Scalar);
        var s = Vector512.Create(a.Shift);
        var outer = Vector512.Create(TCurve.OuterFactor(a.Width));
        var gammaSums = a.GammaSums(chunk);
        var betaSums = a.BetaSums(chunk);
        NativeMemory.Clear(gammaSums, (nuint)(2 * a.PaddedWidth) * sizeof(float));
        var (forScalar, forShift) = (0.0, 0.0);
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var offset = (nint)row * a.Width * T.Bytes;
            var x = a.X + offset;
            var gy = a.GradOut + offset;
            var gx = a.Out + offset;

            // Over one row in fp32, over rows in double.
            var scalarSum = Vector512<float>.Zero;
            var shiftSum = Vector512<float>.Zero;
            for (var c = 0; c < body; c += Count)
            {
                var at = (nint)c * T.Bytes;
                var values = T.Load(x + at);
                var g = Slope(gamma, k, s, outer, c, values, T.Load(gy + at), gammaSums, betaSums);
                T.Store(gx + at, g * k);
                scalarSum = Fma(g, values, scalarSum);
                shiftSum += g;
            }

            if (remainder > 0)
            {
                // Lanes beyond the row have a zero gradient and so add nothing.
                var at = (nint)body * T.Bytes;
                var values = Tail<T>.Load(x + at, remainder);
                var g = Slope(gamma, k, s, outer, body, values, Tail<T>.Load(gy + at, remainder), gammaSums, betaSums);
                Tail<T>.Store(gx + at, g * k, remainder);
                scalarSum = Fma(g, values, scalarSum);
                shiftSum += g;
            }

            forScalar += Sum(scalarSum);
            if (TCurve.HasShift)
                forShift += Sum(shiftSum);
        }

        T.EndStores();
        a.ScalarSums[2 * chunk] = forScalar * TCurve.ScalarFactor;
        a.ScalarSums[2 * chunk + 1] = forShift;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Value(
        float* gamma, float* beta, Vector512<float> k, Vector512<float> s, Vector512<float> outer, int c, Vector512<float> x) =>
        Fma(TCurve.Value(x, k, s, outer), Vector512.Load(gamma + c), Vector512.Load(beta + c));

    // gy gamma D, the gradient of k x + s; adds to the sums for gamma and beta.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Slope(
        float* gamma,
        Vector512<float> k,
        Vector512<float> s,
        Vector512<float> outer,
        int c,
        Vector512<float> x,
        Vector512<float> gy,
        float* gammaSums,
        float* betaSums)
    {
        var (value, slope) = TCurve.ValueAndSlope(x, k, s, outer);
        Fma(gy, value, Vector512.Load(gammaSums + c)).Store(gammaSums + c);
        (Vector512.Load(betaSums + c) + gy).Store(betaSums + c);
        return gy * Vector512.Load(gamma + c) * slope;
    }
}
