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
        var scalars = new Scalars(a);
        var body = a.Width - a.Remainder;
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var offset = (nint)row * a.Width * T.Bytes;
            var x = a.X + offset;
            var y = a.Out + offset;
            for (var c = 0; c < body; c += Count)
                T.Store(y + (nint)c * T.Bytes, Value(a, scalars, c, T.Load(x + (nint)c * T.Bytes)));
            if (a.Remainder > 0)
            {
                offset = (nint)body * T.Bytes;
                Tail<T>.Store(y + offset, Value(a, scalars, body, Tail<T>.Load(x + offset, a.Remainder)), a.Remainder);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(SiteArguments*)arguments;
        var scalars = new Scalars(a);
        var body = a.Width - a.Remainder;
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
            var sums = default(RowSums);
            for (var c = 0; c < body; c += Count)
            {
                var at = (nint)c * T.Bytes;
                T.Store(gx + at, Gradient(a, scalars, c, T.Load(x + at), T.Load(gy + at), gammaSums, betaSums, ref sums));
            }

            if (a.Remainder > 0)
            {
                // Lanes beyond the row have a zero gradient and so add nothing.
                var at = (nint)body * T.Bytes;
                var gradient = Gradient(a, scalars, body, Tail<T>.Load(x + at, a.Remainder), Tail<T>.Load(gy + at, a.Remainder), gammaSums, betaSums, ref sums);
                Tail<T>.Store(gx + at, gradient, a.Remainder);
            }

            forScalar += Sum(sums.Scalar);
            if (TCurve.HasShift)
                forShift += Sum(sums.Shift);
        }

        a.ScalarSums[2 * chunk] = forScalar * TCurve.ScalarFactor;
        a.ScalarSums[2 * chunk + 1] = forShift;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Value(in SiteArguments a, in Scalars scalars, int c, Vector512<float> x) =>
        Fma(TCurve.Value(x, scalars.K, scalars.S, scalars.Outer), Vector512.Load(a.Gamma + c), Vector512.Load(a.Beta + c));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Gradient(
        in SiteArguments a, in Scalars scalars, int c, Vector512<float> x, Vector512<float> gy, float* gammaSums, float* betaSums, ref RowSums sums)
    {
        var (value, slope) = TCurve.ValueAndSlope(x, scalars.K, scalars.S, scalars.Outer);
        Fma(gy, value, Vector512.Load(gammaSums + c)).Store(gammaSums + c);
        (Vector512.Load(betaSums + c) + gy).Store(betaSums + c);
        var g = gy * Vector512.Load(a.Gamma + c) * slope;
        sums.Scalar = Fma(g, x, sums.Scalar);
        if (TCurve.HasShift)
            sums.Shift += g;
        return g * scalars.K;
    }

    private readonly struct Scalars(in SiteArguments a)
    {
        public readonly Vector512<float> K = Vector512.Create(a.Scalar);
        public readonly Vector512<float> S = Vector512.Create(a.Shift);
        public readonly Vector512<float> Outer = Vector512.Create(TCurve.OuterFactor(a.Width));
    }

    private struct RowSums
    {
        public Vector512<float> Scalar;
        public Vector512<float> Shift;
    }
}
