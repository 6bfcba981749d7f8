using System.Buffers.Binary;

namespace DyT.Fuzz.Tests.Engine;

/// <summary>Mutations that know nothing of the format.</summary>
internal static class ByteMutations
{
    private const int LongestPiece = 64;

    private static readonly long[] Interesting =
    [
        0, 1, -1, 2, 3, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 4095, 4096, 32767, 32768, 65535, 65536, 1 << 24, 100_000_000, 1 << 30,
        int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 40, 1L << 53, long.MaxValue - 7, long.MaxValue, long.MinValue,
    ];

    public static byte[] Mutate(byte[] bytes, Pool pool, Random random, int largest)
    {
        if (bytes.Length == 0)
            return Insert(bytes, 0, RandomBytes(random));
        var at = random.Next(bytes.Length);
        var length = Math.Min(1 + random.Next(LongestPiece), bytes.Length - at);
        switch (random.Next(12))
        {
            case 0 or 1:
                return Changed(bytes, copy => copy[at] ^= (byte)(1 << random.Next(8)));
            case 2:
                return Changed(bytes, copy => copy[at] = (byte)random.Next(256));
            case 3 or 4:
                return Changed(bytes, copy => WriteInteger(copy.AsSpan(at), Interesting[random.Next(Interesting.Length)], random));
            case 5:
                return Changed(bytes, copy => Inflate(copy.AsSpan(at), random));
            case 6:
                return bytes[..at];
            case 7:
                return [.. bytes.AsSpan(0, at), .. bytes.AsSpan(at + length)];
            case 8:
                return Insert(bytes, at, RandomBytes(random));
            case 9:
                return Insert(bytes, at, Repeated(bytes.AsSpan(at, length), random, largest));
            case 10:
                var other = pool.Pick(random);
                return [.. bytes.AsSpan(0, at), .. other.AsSpan(other.Length == 0 ? 0 : random.Next(other.Length))];
            default:
                return Changed(bytes, copy => bytes.AsSpan(at, length).CopyTo(copy.AsSpan(random.Next(bytes.Length - length + 1))));
        }
    }

    /// <summary>A piece many times over: mostly a few, now and then as often as fits (deep nesting, long runs).</summary>
    public static byte[] Repeated(ReadOnlySpan<byte> piece, Random random, int largest)
    {
        var times = random.Next(8) == 0 ? 1 + random.Next(Math.Max(1, largest / piece.Length)) : 1 + random.Next(8);
        var all = new byte[piece.Length * times];
        for (var i = 0; i < times; i++)
            piece.CopyTo(all.AsSpan(i * piece.Length));
        return all;
    }

    public static byte[] Insert(byte[] bytes, int at, ReadOnlySpan<byte> piece) => [.. bytes.AsSpan(0, at), .. piece, .. bytes.AsSpan(at)];

    private static byte[] Changed(byte[] bytes, Action<byte[]> change)
    {
        var copy = (byte[])bytes.Clone();
        change(copy);
        return copy;
    }

    private static byte[] RandomBytes(Random random)
    {
        var bytes = new byte[1 + random.Next(LongestPiece)];
        if (random.Next(2) == 0)
            random.NextBytes(bytes);
        else
            bytes.AsSpan().Fill((byte)random.Next(256));
        return bytes;
    }

    /// <summary>Takes what stands here for a length, of some width and byte order, and makes it larger or one off.</summary>
    private static void Inflate(Span<byte> span, Random random)
    {
        Span<byte> eight = stackalloc byte[8];
        var width = Math.Min(1 << random.Next(4), span.Length);
        var big = random.Next(2) == 0;
        span[..width].CopyTo(big ? eight[(8 - width)..] : eight);
        var value = big ? BinaryPrimitives.ReadInt64BigEndian(eight) : BinaryPrimitives.ReadInt64LittleEndian(eight);
        value = random.Next(5) switch
        {
            0 => value + 1,
            1 => value - 1,
            2 => value << random.Next(1, 32),
            3 => value * 3,
            _ => -value,
        };
        Write(span, value, width, big);
    }

    private static void WriteInteger(Span<byte> span, long value, Random random) =>
        Write(span, value, Math.Min(1 << random.Next(4), span.Length), random.Next(2) == 0);

    private static void Write(Span<byte> span, long value, int width, bool big)
    {
        Span<byte> eight = stackalloc byte[8];
        if (big)
            BinaryPrimitives.WriteInt64BigEndian(eight, value);
        else
            BinaryPrimitives.WriteInt64LittleEndian(eight, value);
        (big ? eight[(8 - width)..] : eight[..width]).CopyTo(span);
    }
}
