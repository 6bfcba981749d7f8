using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>Functions of 16 values. NaN stays NaN. The errors are measured against double precision by the tests, over all binades.</summary>
internal static class VectorMath
{
    /// <summary>tanh(v), absolute error at most 3e-7: the odd/even rational function of degree 13/6 that Eigen uses.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Tanh(Vector512<float> v)
    {
        // Beyond the limit the quotient would leave [-1, 1].
        var x = Clamp(v, 7.90531110763549805f);
        var x2 = x * x;
        var p = Fma(x2, -2.76076847742355e-16f, Vector512.Create(2.00018790482477e-13f));
        p = Fma(p, x2, -8.60467152213735e-11f);
        p = Fma(p, x2, 5.12229709037114e-08f);
        p = Fma(p, x2, 1.48572235717979e-05f);
        p = Fma(p, x2, 6.37261928875436e-04f);
        p = Fma(p, x2, 4.89352455891786e-03f);
        var q = Fma(x2, 1.19825839466702e-06f, Vector512.Create(1.18534705686654e-04f));
        q = Fma(q, x2, 2.26843463243900e-03f);
        q = Fma(q, x2, 4.89352518554385e-03f);
        return x * p / q;
    }

    /// <summary>erf(v), absolute error at most 3.3e-7: an odd/even rational function of degree 13/8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Erf(Vector512<float> v)
    {
        var x = Clamp(v, 4f);
        var x2 = x * x;
        var p = Fma(x2, -2.72614225801306e-10f, Vector512.Create(2.77068142495902e-08f));
        p = Fma(p, x2, -2.10102402082508e-06f);
        p = Fma(p, x2, -5.69250639462346e-05f);
        p = Fma(p, x2, -7.34990630326855e-04f);
        p = Fma(p, x2, -2.95459980854025e-03f);
        p = Fma(p, x2, -1.60960333262415e-02f);
        var q = Fma(x2, -1.45660718464996e-05f, Vector512.Create(-2.13374055278905e-04f));
        q = Fma(q, x2, -1.68282697438203e-03f);
        q = Fma(q, x2, -7.37332916720468e-03f);
        q = Fma(q, x2, -1.42647390514189e-02f);
        
        // Near the limit the quotient may round above 1.
        return Clamp(x * p / q, 1f);
    }

    /// <summary>exp(-v) for v >= 0, relative error at most 3e-7 up to v = 80, beyond that below 2e-35: 2^-n times a polynomial of the rest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> ExpOfMinus(Vector512<float> v)
    {
        const float mostExponent = 80f;
        const float log2E = 1.44269504088896341f;
        const float ln2High = 0.693359375f;
        const float ln2Low = -2.12194440e-4f;

        // Adding 1.5 * 2^23 rounds to a whole number, which then stands in the low bits.
        const float shifter = 12582912f;
        var x = Vector512.MinNative(Vector512.Create(mostExponent), v);
        var shifted = Fma(x, -log2E, Vector512.Create(shifter));
        var n = shifted - Vector512.Create(shifter);
        var r = Fma(n, -ln2High, -x);
        r = Fma(n, -ln2Low, r);
        var p = Fma(r, 1.9875691500e-4f, Vector512.Create(1.3981999507e-3f));
        p = Fma(p, r, 8.3334519073e-3f);
        p = Fma(p, r, 4.1665795894e-2f);
        p = Fma(p, r, 1.6666665459e-1f);
        p = Fma(p, r, 5.0000001201e-1f);
        p = Fma(p, r * r, r) + Vector512<float>.One;
        var power = (shifted.AsInt32() << 23) + Vector512<float>.One.AsInt32();
        return p * power.AsSingle();
    }
}
