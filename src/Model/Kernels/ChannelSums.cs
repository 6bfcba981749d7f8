using System.Runtime.Intrinsics;

namespace DyT.Model.Kernels;

/// <summary>Adds what the chunks found, in the chunks' order.</summary>
internal static unsafe class ChannelSums
{
    /// <summary>sums[c] = the sum over chunks of partial[chunk * stride + c], for c in [0, width).</summary>
    public static void Fold(float* partial, int chunks, int stride, float* sums, int width)
    {
        var c = 0;
        for (; c + Lanes.Count <= width; c += Lanes.Count)
            Column(partial + c, chunks, stride).Store(sums + c);
        if (c < width)
            Tail<Fp32>.Store((byte*)(sums + c), Column(partial + c, chunks, stride), width - c);
    }

    /// <summary>The sum over chunks of partial[chunk * stride].</summary>
    public static float Fold(double* partial, int chunks, int stride)
    {
        var sum = 0.0;
        for (var chunk = 0; chunk < chunks; chunk++)
            sum += partial[chunk * stride];
        return (float)sum;
    }

    // Rows of partial sums are padded to whole vectors.
    private static Vector512<float> Column(float* partial, int chunks, int stride)
    {
        var sum = Vector512.Load(partial);
        for (var chunk = 1; chunk < chunks; chunk++)
            sum += Vector512.Load(partial + (nint)chunk * stride);
        return sum;
    }
}
