using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace DyT.Model.Kernels;

/// <summary>
/// Vectors of 16 floats. Where a processor has no such registers the runtime uses smaller ones, lane by lane with the same results: every operation used in
/// the kernels is one rounding of the exact result (the fused multiply-add too), and sums over lanes are written out in a fixed order.
/// </summary>
internal static class Lanes
{
    public const int Count = 16;

    /// <summary>a b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, b, c);

    /// <summary>a b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, float b, Vector512<float> c) => Vector512.FusedMultiplyAdd(a, Vector512.Create(b), c);

    /// <summary>a b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Fma(Vector512<float> a, Vector512<float> b, float c) => Vector512.FusedMultiplyAdd(a, b, Vector512.Create(c));

    /// <summary>v within [-limit, limit]; NaN stays NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Clamp(Vector512<float> v, float limit)
    {
        // x86 answers the second operand when one is NaN; ARM answers NaN.
        var below = Vector512.MinNative(Vector512.Create(limit), v);
        return Vector512.MaxNative(Vector512.Create(-limit), below);
    }

    /// <summary>v with zero in the lanes from <paramref name="count"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> First(Vector512<float> v, int count) =>
        Vector512.LessThan(Vector512<int>.Indices, Vector512.Create(count)).AsSingle() & v;

    /// <summary>Sum of all lanes in double precision: halves are added to halves.</summary>
    public static double Sum(Vector512<float> v)
    {
        var (low, high) = Vector512.Widen(v);
        var eight = low + high;
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two.GetElement(0) + two.GetElement(1);
    }
}
