using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DyT.Collectives;

/// <summary>
/// fp32 to bf16 and back. bf16 is the upper half of an fp32 value: its sign, its exponent, 7 bits of its fraction. Rounded is to the nearest, ties to even; what lies beyond bf16's largest becomes
/// infinite; every NaN becomes 0x7FC0. The bits do not depend on the vector width.
/// </summary>
public static class Bf16
{
    private const uint HalfUlp = 0x7FFF; // with the kept part's last bit: half a unit up, ties to even
    private const ushort QuietNaN = 0x7FC0;

    /// <summary>The nearest bf16 value's bits.</summary>
    public static ushort Narrow(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? QuietNaN : (ushort)((bits + HalfUlp + ((bits >> 16) & 1)) >> 16);
    }

    /// <summary>The same value in fp32.</summary>
    public static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>
    /// <paramref name="to"/>[i] is <paramref name="from"/>[i], rounded. Equally many; <paramref name="to"/> may begin where <paramref name="from"/> does: it never writes what is still to be read.
    /// </summary>
    public static void Narrow(ReadOnlySpan<float> from, Span<ushort> to)
    {
        CheckLengths(from.Length, to.Length);
        ref var f = ref MemoryMarshal.GetReference(from);
        ref var t = ref MemoryMarshal.GetReference(to);
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
                Vector512.Narrow(Rounded(Vector512.LoadUnsafe(ref f, (nuint)i)), Rounded(Vector512.LoadUnsafe(ref f, (nuint)(i + Vector512<float>.Count)))).StoreUnsafe(ref t, (nuint)i);
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
                Vector256.Narrow(Rounded(Vector256.LoadUnsafe(ref f, (nuint)i)), Rounded(Vector256.LoadUnsafe(ref f, (nuint)(i + Vector256<float>.Count)))).StoreUnsafe(ref t, (nuint)i);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
                Vector128.Narrow(Rounded(Vector128.LoadUnsafe(ref f, (nuint)i)), Rounded(Vector128.LoadUnsafe(ref f, (nuint)(i + Vector128<float>.Count)))).StoreUnsafe(ref t, (nuint)i);
        }

        for (; i < from.Length; i++)
            to[i] = Narrow(from[i]);
    }

    /// <summary>
    /// <paramref name="to"/>[i] is <paramref name="from"/>[i]. Equally many; <paramref name="from"/> may be the second half of <paramref name="to"/>'s memory: it never writes what is still to be read.
    /// </summary>
    public static void Widen(ReadOnlySpan<ushort> from, Span<float> to)
    {
        CheckLengths(from.Length, to.Length);
        ref var f = ref MemoryMarshal.GetReference(from);
        ref var t = ref MemoryMarshal.GetReference(to);
        var i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector512<ushort>.Count; i += Vector512<ushort>.Count)
            {
                var (low, high) = Vector512.Widen(Vector512.LoadUnsafe(ref f, (nuint)i));
                (low << 16).AsSingle().StoreUnsafe(ref t, (nuint)i);
                (high << 16).AsSingle().StoreUnsafe(ref t, (nuint)(i + Vector512<float>.Count));
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector256<ushort>.Count; i += Vector256<ushort>.Count)
            {
                var (low, high) = Vector256.Widen(Vector256.LoadUnsafe(ref f, (nuint)i));
                (low << 16).AsSingle().StoreUnsafe(ref t, (nuint)i);
                (high << 16).AsSingle().StoreUnsafe(ref t, (nuint)(i + Vector256<float>.Count));
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i <= from.Length - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
            {
                var (low, high) = Vector128.Widen(Vector128.LoadUnsafe(ref f, (nuint)i));
                (low << 16).AsSingle().StoreUnsafe(ref t, (nuint)i);
                (high << 16).AsSingle().StoreUnsafe(ref t, (nuint)(i + Vector128<float>.Count));
            }
        }

        for (; i < from.Length; i++)
            to[i] = Widen(from[i]);
    }

    /// <summary>[length] values become bf16 in the first half of their own memory.</summary>
    public static void NarrowInPlace(Span<float> values) => Narrow(values, MemoryMarshal.Cast<float, ushort>(values)[..values.Length]);

    /// <summary>[length] values of bf16 in the second half of this memory become fp32 in all of it.</summary>
    public static void WidenInPlace(Span<float> values) => Widen(MemoryMarshal.Cast<float, ushort>(values)[values.Length..], values);

    private static Vector512<uint> Rounded(Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector512.Create(HalfUlp) + ((bits >> 16) & Vector512<uint>.One)) >> 16;
        return Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create((uint)QuietNaN));
    }

    private static Vector256<uint> Rounded(Vector256<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector256.Create(HalfUlp) + ((bits >> 16) & Vector256<uint>.One)) >> 16;
        return Vector256.ConditionalSelect(Vector256.Equals(values, values).AsUInt32(), rounded, Vector256.Create((uint)QuietNaN));
    }

    private static Vector128<uint> Rounded(Vector128<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + Vector128.Create(HalfUlp) + ((bits >> 16) & Vector128<uint>.One)) >> 16;
        return Vector128.ConditionalSelect(Vector128.Equals(values, values).AsUInt32(), rounded, Vector128.Create((uint)QuietNaN));
    }

    private static void CheckLengths(int from, int to)
    {
        if (from != to)
            throw new ArgumentException($"{from} values cannot become {to}");
    }
}
