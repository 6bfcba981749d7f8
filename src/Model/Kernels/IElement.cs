using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DyT.Model.Kernels;

/// <summary>How values lie in memory; kernels compute in fp32 whatever it is.</summary>
internal unsafe interface IElement
{
    static abstract int Bytes { get; }

    /// <summary>16 values.</summary>
    static abstract Vector512<float> Load(byte* from);

    /// <summary>16 values.</summary>
    static abstract void Store(byte* to, Vector512<float> values);

    /// <summary>After a thread's last <see cref="Store"/>, before others read what it stored.</summary>
    static virtual void EndStores()
    {
    }
}

internal readonly unsafe struct Fp32 : IElement
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* from) => Vector512.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* to, Vector512<float> values) => values.Store((float*)to);
}

/// <summary>
/// fp32 whose stores go past the caches, for outputs that no cache would hold until they are read: an ordinary store reads the memory first that it overwrites. Where
/// a processor has no such stores they are ordinary ones. Whole vectors at addresses of whole vectors alone.
/// </summary>
internal readonly unsafe struct StreamedFp32 : IElement
{
    public static int Bytes => sizeof(float);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* from) => Vector512.Load((float*)from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* to, Vector512<float> values) => Vector512.StoreAlignedNonTemporal(values, (float*)to);

    /// <summary>Such stores are not ordered with others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void EndStores()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
        else
            Interlocked.MemoryBarrier();
    }
}

/// <summary>The upper half of an fp32 value; stored values are rounded to the nearest, ties to even, as libtorch does it.</summary>
internal readonly unsafe struct Bf16 : IElement
{
    private const uint QuietNaN = 0x7FC0;

    public static int Bytes => sizeof(ushort);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(byte* from)
    {
        var bits = Vector256.Load((ushort*)from);
        if (Avx512F.IsSupported)
            return (Avx512F.ConvertToVector512UInt32(bits) << 16).AsSingle(); // one instruction where two halves take five
        var (low, high) = Vector256.Widen(bits);
        return (Vector512.Create(low, high) << 16).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(byte* to, Vector512<float> values)
    {
        var bits = values.AsUInt32();
        var rounded = (bits + ((bits >> 16) & Vector512<uint>.One) + Vector512.Create(0x7FFFu)) >> 16;
        var stored = Vector512.ConditionalSelect(Vector512.Equals(values, values).AsUInt32(), rounded, Vector512.Create(QuietNaN));
        var narrow = Avx512F.IsSupported ? Avx512F.ConvertToVector256UInt16(stored) : Vector256.Narrow(stored.GetLower(), stored.GetUpper());
        narrow.Store((ushort*)to);
    }
}

/// <summary>The last values of a row, fewer than 16: taken through a full vector, so that one formula serves all.</summary>
internal static unsafe class Tail<T>
    where T : struct, IElement
{
    /// <summary><paramref name="count"/> values, then zeros.</summary>
    public static Vector512<float> Load(byte* from, int count)
    {
        var whole = stackalloc byte[Lanes.Count * sizeof(float)];
        Unsafe.InitBlockUnaligned(whole, 0, Lanes.Count * sizeof(float));
        Unsafe.CopyBlockUnaligned(whole, from, (uint)(count * T.Bytes));
        return T.Load(whole);
    }

    /// <summary>The first <paramref name="count"/> values.</summary>
    public static void Store(byte* to, Vector512<float> values, int count)
    {
        var whole = stackalloc byte[Lanes.Count * sizeof(float)];
        T.Store(whole, values);
        Unsafe.CopyBlockUnaligned(to, whole, (uint)(count * T.Bytes));
    }
}
