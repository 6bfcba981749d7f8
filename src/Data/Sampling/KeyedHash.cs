namespace DyT.Data;

/// <summary>
/// A small keyed mixing function (the finalizer of SplitMix64). Its values decide which samples a step sees and which
/// documents are kept for validation, so it must never change: a golden test pins it.
/// </summary>
internal static class KeyedHash
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>SplitMix64's finalizer: a bijection of 64 bits in which every input bit moves about half of the output bits.</summary>
    public static ulong Mix(ulong x)
    {
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }

    /// <summary>Takes one more value into a running key.</summary>
    public static ulong Combine(ulong key, ulong value) => Mix(unchecked(Mix(key + Golden) + (value * Golden) + 1));
}
