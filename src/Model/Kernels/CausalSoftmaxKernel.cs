using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>
/// softmax(scale s) over the first i + 1 columns of row i, zeros behind, for a block of rows [first, end) that lie side by side, each <c>end</c> columns wide. Row i
/// reads nothing behind column i.
/// </summary>
internal static unsafe class CausalSoftmaxKernel
{
    /// <summary>Scores become probabilities.</summary>
    /// <param name="block">[end - first, end].</param>
    /// <param name="factors">[end - first, 2]: set to each row's greatest score, and one by the sum of its exponentials.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(float* block, float* factors, int first, int end, float scale)
    {
        for (var i = first; i < end; i++, block += end, factors += 2)
        {
            factors[0] = Greatest(block, i + 1);
            var sum = Exponentials(block, i + 1, scale, factors[0]);
            factors[1] = (float)(1 / sum);
            Multiply(block, i + 1, factors[1]);
            NativeMemory.Clear(block + i + 1, (nuint)(end - i - 1) * sizeof(float));
        }
    }

    /// <summary>As <see cref="Forward"/>, with the factors that it left: the same bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Again(float* block, float* factors, int first, int end, float scale)
    {
        for (var i = first; i < end; i++, block += end, factors += 2)
        {
            Exponentials(block, i + 1, scale, factors[0]);
            Multiply(block, i + 1, factors[1]);
            NativeMemory.Clear(block + i + 1, (nuint)(end - i - 1) * sizeof(float));
        }
    }

    /// <summary>p (g - sum of p g) scale: the gradient of the scores in place of that of the probabilities.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(float* probabilities, float* gradients, int first, int end, float scale)
    {
        for (var i = first; i < end; i++, probabilities += end, gradients += end)
        {
            ScoreGradients(probabilities, gradients, i + 1, scale);
            NativeMemory.Clear(gradients + i + 1, (nuint)(end - i - 1) * sizeof(float));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Greatest(float* row, int count)
    {
        var body = count - count % Count;
        var most = Vector512.Create(float.NegativeInfinity);
        for (var c = 0; c < body; c += Count)
            most = Vector512.Max(most, Vector512.Load(row + c));
        var top = float.NegativeInfinity;
        for (var lane = 0; lane < Count; lane++)
            top = MathF.Max(top, most.GetElement(lane));
        for (var c = body; c < count; c++)
            top = MathF.Max(top, row[c]);
        return top;
    }

    /// <summary>exp(scale (s - top)) in place of s; gives their sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Exponentials(float* row, int count, float scale, float top)
    {
        var rest = count % Count;
        var body = count - rest;
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

        return Sum(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(float* row, int count, float factor)
    {
        var body = count - count % Count;
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
