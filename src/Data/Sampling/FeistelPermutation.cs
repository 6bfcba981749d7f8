using System.Numerics;

namespace DyT.Data;

/// <summary>
/// A keyed permutation of 0..size-1 in O(1) memory: a balanced Feistel network over the smallest even number of bits that
/// holds the range, with cycle walking (a value that falls outside is sent through again until it falls inside).
/// </summary>
/// <remarks>
/// A Feistel network is a bijection whatever its round function, and walking the cycles of a bijection restricted to a
/// subset is a bijection of that subset; so no choice of key can lose or repeat a value. The domain is less than four times
/// the range, so fewer than four passes are expected.
/// </remarks>
internal readonly struct FeistelPermutation
{
    private const int Rounds = 6;
    private readonly ulong _key;
    private readonly ulong _size;
    private readonly int _halfBits;
    private readonly ulong _halfMask;

    public FeistelPermutation(ulong key, long size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        _key = key;
        _size = (ulong)size;
        var bits = 64 - BitOperations.LeadingZeroCount(_size - 1);
        _halfBits = Math.Max(1, (bits + 1) / 2);
        _halfMask = (1UL << _halfBits) - 1;
    }

    /// <summary>The value at a position; both in 0..size-1.</summary>
    public long this[long position]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(position);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)position, _size, nameof(position));
            var value = (ulong)position;
            do value = Pass(value); while (value >= _size);
            return (long)value;
        }
    }

    private ulong Pass(ulong value)
    {
        var left = value >> _halfBits;
        var right = value & _halfMask;
        for (var round = 0; round < Rounds; round++)
        {
            var mixed = KeyedHash.Combine(_key + (ulong)round, right) & _halfMask;
            (left, right) = (right, left ^ mixed);
        }

        return (left << _halfBits) | right;
    }
}
