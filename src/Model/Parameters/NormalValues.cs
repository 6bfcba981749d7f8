using System.Security.Cryptography;
using System.Text;

namespace DyT.Model;

/// <summary>Normally distributed start values from a generator of our own, so that they are the same on every machine and libtorch version.</summary>
internal static class NormalValues
{
    /// <summary>Fills with N(0, std^2): xoshiro256** (Blackman, Vigna 2018) seeded by SHA-256 of (seed, name), Box-Muller in double.</summary>
    public static void Fill(Span<float> values, double std, long seed, string name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}/{name}"));
        var generator = new Xoshiro(BitConverter.ToUInt64(hash, 0), BitConverter.ToUInt64(hash, 8), BitConverter.ToUInt64(hash, 16), BitConverter.ToUInt64(hash, 24));
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = Math.Sqrt(-2 * Math.Log(1 - generator.NextUnit()));
            var angle = 2 * Math.PI * generator.NextUnit();
            values[i] = (float)(std * radius * Math.Cos(angle));
            if (i + 1 < values.Length)
                values[i + 1] = (float)(std * radius * Math.Sin(angle));
        }
    }

    private struct Xoshiro(ulong a, ulong b, ulong c, ulong d)
    {
        /// <summary>Uniform in [0, 1) with 53 bits.</summary>
        public double NextUnit() => (Next() >> 11) * (1.0 / (1UL << 53));

        private ulong Next()
        {
            var result = ulong.RotateLeft(b * 5, 7) * 9;
            var t = b << 17;
            c ^= a;
            d ^= b;
            b ^= c;
            a ^= d;
            c ^= t;
            d = ulong.RotateLeft(d, 45);
            return result;
        }
    }
}
