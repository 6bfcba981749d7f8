using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using static DyT.Model.Kernels.Lanes;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="SoftmaxLossKernel"/> reads and writes. Handed to libtorch's threads by address.</summary>
internal unsafe struct SoftmaxLossArguments
{
    public int Vocab;

    /// <summary>[rows, Vocab]; overwritten by their gradient when that is wanted.</summary>
    public float* Logits;

    /// <summary>[rows], each in [0, Vocab).</summary>
    public long* Targets;

    /// <summary>[rows], the negative log-likelihoods in nats.</summary>
    public double* Losses;

    /// <summary>What the gradient is multiplied by; 0: no gradient is wanted.</summary>
    public float Scale;

    /// <summary>Share of the target's probability that is spread over all of the vocabulary.</summary>
    public float Smoothing;
}

/// <summary>
/// -log softmax(logits)[target] of one row, and in the logits' place its gradient, scale (softmax - onehot(target)). With smoothing s the target is
/// (1 - s) onehot(target) + s / V. A row is summed by one thread in one order.
/// </summary>
internal static unsafe class SoftmaxLossKernel
{
    // Values that are added up in fp32 before the sums are added in double.
    private const int Block = 4096;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row(void* arguments, int row)
    {
        ref readonly var a = ref *(SoftmaxLossArguments*)arguments;
        var x = a.Logits + (nint)row * a.Vocab;
        var target = a.Targets[row];
        var score = x[target];
        var greatest = Greatest(x, a.Vocab);
        var mean = a.Smoothing == 0 ? 0 : Mean(x, a.Vocab);
        var sum = 0.0;
        for (var start = 0; start < a.Vocab; start += Block)
            sum += Exponentials(x + start, Math.Min(Block, a.Vocab - start), greatest, a.Scale != 0);
        a.Losses[row] = Math.Log(sum) - (score - (double)greatest) + a.Smoothing * (score - mean);
        if (a.Scale == 0)
            return;
        Multiply(x, a.Vocab, (float)(a.Scale / sum));
        if (a.Smoothing != 0)
            Subtract(x, a.Vocab, a.Scale * a.Smoothing / a.Vocab);
        x[target] -= a.Scale * (1 - a.Smoothing);
    }

    private static double Mean(float* x, int count)
    {
        var sum = 0.0;
        for (var start = 0; start < count; start += Block)
        {
            var sums = Vector512<float>.Zero;
            var (i, end) = (start, Math.Min(start + Block, count));
            for (; i + Count <= end; i += Count)
                sums += Vector512.Load(x + i);
            sum += Sum(sums);
            for (; i < end; i++)
                sum += x[i];
        }

        return sum / count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Subtract(float* x, int count, float value)
    {
        var i = 0;
        for (; i + Count <= count; i += Count)
            (Vector512.Load(x + i) - Vector512.Create(value)).Store(x + i);
        for (; i < count; i++)
            x[i] -= value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Greatest(float* x, int count)
    {
        // NaN wins: Max answers NaN when either is.
        var greatest = Vector512.Create(float.NegativeInfinity);
        var i = 0;
        for (; i + Count <= count; i += Count)
            greatest = Vector512.Max(greatest, Vector512.Load(x + i));
        var result = float.NegativeInfinity;
        for (var lane = 0; lane < Count; lane++)
            result = MathF.Max(result, greatest.GetElement(lane));
        for (; i < count; i++)
            result = MathF.Max(result, x[i]);
        return result;
    }

    /// <summary>The sum of exp(x - greatest); these also take the place of x when <paramref name="keep"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Exponentials(float* x, int count, float greatest, bool keep)
    {
        var top = Vector512.Create(greatest);
        var sums = Vector512<float>.Zero;
        var i = 0;
        for (; i + Count <= count; i += Count)
        {
            var e = VectorMath.ExpOfMinus(top - Vector512.Load(x + i));
            sums += e;
            if (keep)
                e.Store(x + i);
        }

        if (i < count)
        {
            var e = First(VectorMath.ExpOfMinus(top - Tail<Fp32>.Load((byte*)(x + i), count - i)), count - i);
            sums += e;
            if (keep)
                Tail<Fp32>.Store((byte*)(x + i), e, count - i);
        }

        return Sum(sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Multiply(float* x, int count, float factor)
    {
        var i = 0;
        for (; i + Count <= count; i += Count)
            (Vector512.Load(x + i) * factor).Store(x + i);
        for (; i < count; i++)
            x[i] *= factor;
    }
}
