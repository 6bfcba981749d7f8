namespace DyT.Data;

/// <summary>
/// A keyed permutation of 0..n-1 that needs no memory: a balanced Feistel network over the next even number of bits, walked until it lands inside the
/// range again (cycle walking; Black and Rogaway 2002).
/// </summary>
public readonly struct Permutation
{
    private const int Rounds = 6;
    private readonly ulong _key;
    private readonly ulong _count;
    private readonly int _halfBits;

    public Permutation(long count, ulong key)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        _count = (ulong)count;
        _key = key;
        var bits = 64 - ulong.LeadingZeroCount(_count - 1);
        _halfBits = Math.Max(1, ((int)bits + 1) / 2);
    }

    /// <summary>Where <paramref name="index"/> goes; each number of the range is hit once.</summary>
    public long Of(long index)
    {
        if ((ulong)index >= _count)
            throw new ArgumentOutOfRangeException(nameof(index), index, $"not in 0..{_count - 1}");
        var value = (ulong)index;
        do
        {
            value = Feistel(value); // the domain is less than 4 times the range: a few walks at most
        }
        while (value >= _count);
        return (long)value;
    }

    private ulong Feistel(ulong value)
    {
        var mask = (1UL << _halfBits) - 1;
        var left = value >> _halfBits;
        var right = value & mask;
        for (var round = 0; round < Rounds; round++)
            (left, right) = (right, left ^ (Mixing.Of(_key, (ulong)round, right) & mask));
        return (left << _halfBits) | right;
    }
}

/// <summary>splitmix64 (Steele, Lea, Flood 2014) as a hash of a few numbers.</summary>
public static class Mixing
{
    public static ulong Of(ulong a, ulong b, ulong c) => Mix(Mix(Mix(a) ^ b) ^ c);

    public static ulong Of(ulong a, ulong b) => Mix(Mix(a) ^ b);

    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
