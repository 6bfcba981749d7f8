using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>
/// The bounded function f of a site y = gamma f(x) + beta, with one scalar k and perhaps a shift s. Its derivatives have one form for all:
/// df/dx = k D, df/dk = F x D, df/ds = D, with D a function of x and F a constant.
/// </summary>
internal interface ICurve
{
    /// <summary>F of df/dk = F x D.</summary>
    static abstract float ScalarFactor { get; }

    static abstract bool HasShift { get; }

    /// <summary>f(x); <paramref name="outer"/> is a factor that depends on the width (see <see cref="OuterFactor"/>).</summary>
    static abstract Vector512<float> Value(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer);

    /// <summary>f(x) and D.</summary>
    static abstract (Vector512<float> Value, Vector512<float> Slope) ValueAndSlope(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer);

    static abstract float OuterFactor(int width);
}

/// <summary>f = tanh(k x).</summary>
internal readonly struct TanhCurve : ICurve
{
    public static float ScalarFactor => 1;

    public static bool HasShift => false;

    public static float OuterFactor(int width) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer) => VectorMath.Tanh(x * k);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Value, Vector512<float> Slope) ValueAndSlope(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer)
    {
        var t = VectorMath.Tanh(x * k);
        return (t, Fma(-t, t, Vector512<float>.One));
    }
}

/// <summary>f = erf(k x + s).</summary>
internal readonly struct ErfCurve : ICurve
{
    // 2 / sqrt(pi)
    private const float SlopeAtZero = 1.12837916709551257f;

    public static float ScalarFactor => 1;

    public static bool HasShift => true;

    public static float OuterFactor(int width) => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer) => VectorMath.Erf(Fma(x, k, s));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Value, Vector512<float> Slope) ValueAndSlope(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer)
    {
        var u = Fma(x, k, s);
        return (VectorMath.Erf(u), VectorMath.ExpOfMinus(u * u) * SlopeAtZero);
    }
}

/// <summary>f = sqrt(C) x / sqrt(k + x^2); with r = 1 / sqrt(k + x^2) D is sqrt(C) r^3.</summary>
internal readonly struct IsruCurve : ICurve
{
    public static float ScalarFactor => -0.5f;

    public static bool HasShift => false;

    public static float OuterFactor(int width) => MathF.Sqrt(width);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Value(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer) =>
        x * outer / Vector512.Sqrt(Fma(x, x, k));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<float> Value, Vector512<float> Slope) ValueAndSlope(Vector512<float> x, Vector512<float> k, Vector512<float> s, Vector512<float> outer)
    {
        var r = Vector512<float>.One / Vector512.Sqrt(Fma(x, x, k));
        var scaled = outer * r;
        return (x * scaled, scaled * (r * r));
    }
}
