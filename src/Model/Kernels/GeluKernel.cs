using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="GeluKernel"/> reads and writes; all fp32. Handed to libtorch's threads by address.</summary>
internal unsafe struct GeluArguments
{
    public RowChunks Chunks;
    public int Width;

    /// <summary>[Rows, Width].</summary>
    public float* X;

    /// <summary>Added to every row before the curve: [Width], followed by whatever fills the last vector up.</summary>
    public float* Bias;

    /// <summary>Backward only: the output's gradient [Rows, Width].</summary>
    public float* GradOut;

    /// <summary>Forward: the output; backward: the input's gradient. [Rows, Width].</summary>
    public float* Out;

    /// <summary>Backward: per chunk of rows the sums for the bias, [chunks, PaddedWidth].</summary>
    public float* BiasSums;

    public readonly int PaddedWidth => SiteArguments.Padded(Width);
}

/// <summary>gelu(u) = u Phi(u) with u = x + bias (arXiv 1606.08415, the exact form by erf), for one chunk of rows.</summary>
internal static unsafe class GeluKernel
{
    private const float InverseRoot2 = 0.707106781186547524f;
    private const float InverseRoot2Pi = 0.398942280401432678f;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(GeluArguments*)arguments;
        var rest = a.Width % Count;
        var body = a.Width - rest;
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var x = a.X + (nint)row * a.Width;
            var y = a.Out + (nint)row * a.Width;
            for (var c = 0; c < body; c += Count)
                Value(Vector512.Load(x + c) + Vector512.Load(a.Bias + c)).Store(y + c);
            if (rest > 0)
                Tail<Fp32>.Store((byte*)(y + body), Value(Tail<Fp32>.Load((byte*)(x + body), rest) + Vector512.Load(a.Bias + body)), rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int chunk)
    {
        ref readonly var a = ref *(GeluArguments*)arguments;
        var rest = a.Width % Count;
        var body = a.Width - rest;
        var sums = a.BiasSums + (nint)chunk * a.PaddedWidth;
        NativeMemory.Clear(sums, (nuint)a.PaddedWidth * sizeof(float));
        for (var row = a.Chunks.First(chunk); row < a.Chunks.End(chunk); row++)
        {
            var x = a.X + (nint)row * a.Width;
            var gy = a.GradOut + (nint)row * a.Width;
            var gx = a.Out + (nint)row * a.Width;
            for (var c = 0; c < body; c += Count)
            {
                var g = Vector512.Load(gy + c) * Slope(Vector512.Load(x + c) + Vector512.Load(a.Bias + c));
                g.Store(gx + c);
                (Vector512.Load(sums + c) + g).Store(sums + c);
            }

            if (rest > 0)
            {
                // Lanes beyond the row have a zero gradient.
                var g = Tail<Fp32>.Load((byte*)(gy + body), rest) * Slope(Tail<Fp32>.Load((byte*)(x + body), rest) + Vector512.Load(a.Bias + body));
                Tail<Fp32>.Store((byte*)(gx + body), g, rest);
                (Vector512.Load(sums + body) + g).Store(sums + body);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Value(Vector512<float> u) => u * Phi(u);

    /// <summary>Phi(u) + u phi(u).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Slope(Vector512<float> u) =>
        Fma(u * InverseRoot2Pi, VectorMath.ExpOfMinus(u * u * 0.5f), Phi(u));

    /// <summary>The normal distribution function.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Phi(Vector512<float> u) => Fma(VectorMath.Erf(u * InverseRoot2), 0.5f, Vector512.Create(0.5f));
}
