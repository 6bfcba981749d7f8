using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace DyT.Collectives;

/// <summary>Element-wise fp32 addition; one rounding per element, so the bits do not depend on the vector width.</summary>
public static class VectorAdd
{
    /// <summary>left += right.</summary>
    public static void InPlace(Span<float> left, ReadOnlySpan<float> right) => Into(left, left, right);

    /// <summary>sum = left + right. The spans are equally long; <paramref name="sum"/> may be one of the others.</summary>
    public static void Into(Span<float> sum, ReadOnlySpan<float> left, ReadOnlySpan<float> right)
    {
        if (left.Length != sum.Length || right.Length != sum.Length)
            throw new ArgumentException($"spans of {sum.Length}, {left.Length} and {right.Length} elements cannot be added");
        ref var s = ref MemoryMarshal.GetReference(sum);
        ref var a = ref MemoryMarshal.GetReference(left);
        ref var b = ref MemoryMarshal.GetReference(right);
        var body = sum.Length / Vector512<float>.Count * Vector512<float>.Count;
        for (nuint i = 0; i < (nuint)body; i += (nuint)Vector512<float>.Count)
            (Vector512.LoadUnsafe(ref a, i) + Vector512.LoadUnsafe(ref b, i)).StoreUnsafe(ref s, i);
        for (var i = body; i < sum.Length; i++)
            sum[i] = left[i] + right[i];
    }
}
