namespace DyT.Data;

/// <summary>A sequence of random numbers that depends on a key alone: the n-th is a hash of (key, n).</summary>
internal struct KeyedRandom(ulong key)
{
    private ulong _drawn;

    public ulong NextBits() => KeyedHash.Combine(key, _drawn++);

    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0..bound-1 (each value within 2^-32 of its share).</summary>
    public int Next(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bound, 1);
        return (int)(((NextBits() >> 32) * (uint)bound) >> 32);
    }

    /// <summary>Standard normal, by Box and Muller's transform.</summary>
    public double NextNormal() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>
    /// Beta(a, a) for any a > 0, as a quotient of two gammas (Marsaglia and Tsang, 2000), in logarithms because those of a small a underflow.
    /// </summary>
    public double NextBeta(double a)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(a);
        var (x, y) = (NextLogGamma(a), NextLogGamma(a));
        return 1 / (1 + Math.Exp(y - x));
    }

    // A gamma of shape a is one of shape a + 1 times U^(1/a); the method for the latter needs a shape of 1 or more.
    private double NextLogGamma(double a)
    {
        var d = a + 1 - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var normal = NextNormal();
            var v = Math.Pow(1 + (c * normal), 3);
            if (v <= 0) continue;
            if (Math.Log(1 - NextDouble()) < (0.5 * normal * normal) + d - (d * v) + (d * Math.Log(v)))
                return Math.Log(d * v) + (Math.Log(1 - NextDouble()) / a);
        }
    }
}
