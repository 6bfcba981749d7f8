using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>Rotates the pairs (k, k + d/2) of vectors, one vector per token (arXiv 2104.09864).</summary>
internal static unsafe class RotationKernel
{
    /// <param name="from">Vectors, <paramref name="fromStride"/> floats apart.</param>
    /// <param name="fromStride">Of the source.</param>
    /// <param name="to">Where the rotated ones go; may be <paramref name="from"/>.</param>
    /// <param name="toStride">Of the target.</param>
    /// <param name="count">Vectors.</param>
    /// <param name="width">d, even.</param>
    /// <param name="cosines">[count, d/2], of these tokens.</param>
    /// <param name="sines">Likewise.</param>
    /// <param name="direction">1, or -1 to rotate back.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Rotate(float* from, int fromStride, float* to, int toStride, int count, int width, float* cosines, float* sines, float direction)
    {
        var half = width / 2;
        var rest = half % Count;
        var body = half - rest;
        for (var i = 0; i < count; i++, from += fromStride, to += toStride, cosines += half, sines += half)
        {
            for (var k = 0; k < body; k += Count)
            {
                var (a, b) = Pair(Vector512.Load(from + k), Vector512.Load(from + half + k), Vector512.Load(cosines + k), Vector512.Load(sines + k) * direction);
                a.Store(to + k);
                b.Store(to + half + k);
            }

            if (rest > 0)
            {
                var (a, b) = Pair(Rest(from + body), Rest(from + half + body), Rest(cosines + body), Rest(sines + body) * direction);
                Tail<Fp32>.Store((byte*)(to + body), a, rest);
                Tail<Fp32>.Store((byte*)(to + half + body), b, rest);
            }
        }

        Vector512<float> Rest(float* values) => Tail<Fp32>.Load((byte*)values, rest);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector512<float> A, Vector512<float> B) Pair(Vector512<float> a, Vector512<float> b, Vector512<float> cos, Vector512<float> sin) =>
        (Fma(-b, sin, a * cos), Fma(a, sin, b * cos));
}
