using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="CausalSoftmaxKernel"/> reads and writes. Handed to libtorch's threads by address.</summary>
internal unsafe struct CausalSoftmaxArguments
{
    /// <summary>T: rows and columns of each square.</summary>
    public int Length;

    /// <summary>What scores are multiplied by.</summary>
    public float Scale;

    /// <summary>[squares, T, T]: scores, and in their place probabilities; for backward the probabilities.</summary>
    public float* Squares;

    /// <summary>Backward only: [squares, T, T]: the gradient of the probabilities, and in its place that of the scores.</summary>
    public float* Gradients;
}

/// <summary>softmax(scale s) over the first i + 1 columns of row i, zeros behind; one square at a time. Row i reads nothing behind column i.</summary>
internal static unsafe class CausalSoftmaxKernel
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int square)
    {
        ref readonly var a = ref *(CausalSoftmaxArguments*)arguments;
        var start = a.Squares + (nint)square * a.Length * a.Length;
        for (var i = 0; i < a.Length; i++)
        {
            var row = start + (nint)i * a.Length;
            Probabilities(row, i + 1, a.Scale);
            NativeMemory.Clear(row + i + 1, (nuint)(a.Length - i - 1) * sizeof(float));
        }
    }

    /// <summary>p (g - sum of p g) scale.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int square)
    {
        ref readonly var a = ref *(CausalSoftmaxArguments*)arguments;
        var offset = (nint)square * a.Length * a.Length;
        for (var i = 0; i < a.Length; i++)
        {
            var p = a.Squares + offset + (nint)i * a.Length;
            var g = a.Gradients + offset + (nint)i * a.Length;
            ScoreGradients(p, g, i + 1, a.Scale);
            NativeMemory.Clear(g + i + 1, (nuint)(a.Length - i - 1) * sizeof(float));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Probabilities(float* row, int count, float scale)
    {
        var rest = count % Count;
        var body = count - rest;
        var most = Vector512.Create(float.NegativeInfinity);
        for (var c = 0; c < body; c += Count)
            most = Vector512.Max(most, Vector512.Load(row + c));
        var top = float.NegativeInfinity;
        for (var lane = 0; lane < Count; lane++)
            top = MathF.Max(top, most.GetElement(lane));
        for (var c = body; c < count; c++)
            top = MathF.Max(top, row[c]);

        var greatest = Vector512.Create(top);
        var sums = Vector512<float>.Zero;
        for (var c = 0; c < body; c += Count)
        {
            var e = VectorMath.ExpOfMinus((greatest - Vector512.Load(row + c)) * scale);
            e.Store(row + c);
            sums += e;
        }

        if (rest > 0)
        {
            var e = First(VectorMath.ExpOfMinus((greatest - Tail<Fp32>.Load((byte*)(row + body), rest)) * scale), rest);
            Tail<Fp32>.Store((byte*)(row + body), e, rest);
            sums += e;
        }

        var factor = (float)(1 / Sum(sums));
        for (var c = 0; c < body; c += Count)
            (Vector512.Load(row + c) * factor).Store(row + c);
        for (var c = body; c < count; c++)
            row[c] *= factor;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ScoreGradients(float* p, float* g, int count, float scale)
    {
        var rest = count % Count;
        var body = count - rest;
        var sums = Vector512<float>.Zero;
        for (var c = 0; c < body; c += Count)
            sums = Fma(Vector512.Load(p + c), Vector512.Load(g + c), sums);
        if (rest > 0)
            sums = Fma(Tail<Fp32>.Load((byte*)(p + body), rest), Tail<Fp32>.Load((byte*)(g + body), rest), sums);
        var mean = (float)Sum(sums);
        var shift = Vector512.Create(mean);
        for (var c = 0; c < body; c += Count)
            (Vector512.Load(p + c) * (Vector512.Load(g + c) - shift) * scale).Store(g + c);
        for (var c = body; c < count; c++)
            g[c] = p[c] * (g[c] - mean) * scale;
    }
}
