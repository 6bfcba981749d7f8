using System.Runtime.CompilerServices;
using DyT.Model.Native;

namespace DyT.Model.Kernels;

/// <summary>What <see cref="AttentionKernel"/> reads and writes; all fp32. Handed to libtorch's threads by address.</summary>
internal unsafe struct AttentionArguments
{
    public int Batch;
    public int KvHeads;
    public int HeadsPerKvHead;

    /// <summary>T: tokens of a sequence.</summary>
    public int Length;

    /// <summary>d: of one head.</summary>
    public int Width;

    /// <summary>What scores are multiplied by.</summary>
    public float Scale;

    /// <summary>[B, H, T, d].</summary>
    public HeadRows Queries;

    /// <summary>[B, K, T, d].</summary>
    public HeadRows Keys;

    /// <summary>[B, K, T, d].</summary>
    public HeadRows Values;

    /// <summary>Forward: the output; backward: its gradient. [B, H, T, d].</summary>
    public HeadRows Output;

    /// <summary>[B, H, T, 2]: the greatest score of each row, and one by the sum of its exponentials.</summary>
    public float* Factors;

    /// <summary>[T, d/2], for rotary positions; null for others.</summary>
    public float* Cosines;

    /// <summary>As <see cref="Cosines"/>.</summary>
    public float* Sines;

    /// <summary>Backward only, as the three below.</summary>
    public HeadRows QueryGradients;
    public HeadRows KeyGradients;
    public HeadRows ValueGradients;
}

/// <summary>
/// Causal attention for one head of keys and values of one sequence, and all heads of queries that share it: so nobody else adds to the same gradients. A block of
/// rows at a time, its scores in the thread's scratch memory; what lies right of the block's last row is never computed.
/// </summary>
internal static unsafe class AttentionKernel
{
    // Fewer waste less on the diagonal, more make larger products: 32 to 128 take equally long at a length of 256, all rows at once a fifth longer.
    private const int RowsPerBlock = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Forward(void* arguments, int task)
    {
        ref readonly var a = ref *(AttentionArguments*)arguments;
        var (sequence, kvHead) = (task / a.KvHeads, task % a.KvHeads);
        var memory = Scratch.Floats(ScratchFloats(a, blocks: 1));
        var scores = Take(ref memory, RowsPerBlock * (nint)a.Length);
        var keys = Rotated(a, Rows(a.Keys, sequence, kvHead, 0), 0, a.Length, ref memory);
        var values = Rows(a.Values, sequence, kvHead, 0);
        for (var h = 0; h < a.HeadsPerKvHead; h++)
        {
            var head = kvHead * a.HeadsPerKvHead + h;
            var factors = Factors(a, sequence, head);
            for (var first = 0; first < a.Length; first += RowsPerBlock)
            {
                var end = Math.Min(first + RowsPerBlock, a.Length);
                var rest = memory;
                var queries = Rotated(a, Rows(a.Queries, sequence, head, first), first, end, ref rest);
                Gemm.Multiply(end - first, end, a.Width, queries, keys.Transposed, adds: false, scores, end);
                CausalSoftmaxKernel.Forward(scores, factors + 2 * first, first, end, a.Scale);
                var output = Rows(a.Output, sequence, head, first);
                Gemm.Multiply(end - first, a.Width, end, new Operand(scores, end), values, adds: false, output.Start, output.Stride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int task)
    {
        ref readonly var a = ref *(AttentionArguments*)arguments;
        var (sequence, kvHead) = (task / a.KvHeads, task % a.KvHeads);
        var memory = Scratch.Floats(ScratchFloats(a, blocks: 2));
        var probabilities = Take(ref memory, RowsPerBlock * (nint)a.Length);
        var gradients = Take(ref memory, RowsPerBlock * (nint)a.Length);
        var keys = Rotated(a, Rows(a.Keys, sequence, kvHead, 0), 0, a.Length, ref memory);
        var values = Rows(a.Values, sequence, kvHead, 0);
        var keyGradients = Rows(a.KeyGradients, sequence, kvHead, 0);
        var valueGradients = Rows(a.ValueGradients, sequence, kvHead, 0);
        var begun = false; // until keys and values have a gradient: the last block, which comes first, sets all rows of it
        for (var h = 0; h < a.HeadsPerKvHead; h++)
        {
            var head = kvHead * a.HeadsPerKvHead + h;
            var factors = Factors(a, sequence, head);
            for (var first = (a.Length - 1) / RowsPerBlock * RowsPerBlock; first >= 0; first -= RowsPerBlock)
            {
                var end = Math.Min(first + RowsPerBlock, a.Length);
                var rows = end - first;
                var rest = memory;
                var queries = Rotated(a, Rows(a.Queries, sequence, head, first), first, end, ref rest);
                var output = Rows(a.Output, sequence, head, first); // its gradient
                Gemm.Multiply(rows, end, a.Width, queries, keys.Transposed, adds: false, probabilities, end);
                CausalSoftmaxKernel.Again(probabilities, factors + 2 * first, first, end, a.Scale);
                var p = new Operand(probabilities, end);
                Gemm.Multiply(end, a.Width, rows, p.Transposed, output, begun, valueGradients.Start, valueGradients.Stride);
                Gemm.Multiply(rows, end, a.Width, output, values.Transposed, adds: false, gradients, end);
                CausalSoftmaxKernel.Backward(probabilities, gradients, first, end, a.Scale);
                var g = new Operand(gradients, end); // of the scores, by now
                var queryGradients = Rows(a.QueryGradients, sequence, head, first);
                Gemm.Multiply(rows, a.Width, end, g, keys, adds: false, queryGradients.Start, queryGradients.Stride);
                RotateBack(a, queryGradients, first, end);
                Gemm.Multiply(end, a.Width, rows, g.Transposed, queries, begun, keyGradients.Start, keyGradients.Stride);
                begun = true;
            }
        }

        RotateBack(a, keyGradients, 0, a.Length);
    }

    /// <summary>Scores of a block, once or twice; rotated keys, and the rotated queries of a block.</summary>
    private static nuint ScratchFloats(in AttentionArguments a, int blocks) =>
        (nuint)blocks * RowsPerBlock * (nuint)a.Length + (a.Cosines == null ? 0 : (nuint)(a.Length + RowsPerBlock) * (nuint)a.Width);

    private static float* Take(ref float* memory, nint count)
    {
        var taken = memory;
        memory += count;
        return taken;
    }

    private static float* Factors(in AttentionArguments a, int sequence, int head) =>
        a.Factors + 2 * ((nint)sequence * a.KvHeads * a.HeadsPerKvHead + head) * a.Length;

    /// <summary>The rows from one on.</summary>
    private static Operand Rows(HeadRows all, int sequence, int head, int first) => new(all.At(sequence, head) + (nint)first * all.RowStride, all.RowStride);

    /// <summary>Vectors of the tokens [first, end): themselves, or rotated in memory that is taken for it.</summary>
    private static Operand Rotated(in AttentionArguments a, Operand vectors, int first, int end, ref float* memory)
    {
        if (a.Cosines == null)
            return vectors;
        var rotated = Take(ref memory, (nint)(end - first) * a.Width);
        Rotate(a, vectors, rotated, a.Width, first, end, 1);
        return new Operand(rotated, a.Width);
    }

    private static void RotateBack(in AttentionArguments a, Operand gradients, int first, int end)
    {
        if (a.Cosines != null)
            Rotate(a, gradients, gradients.Start, gradients.Stride, first, end, -1);
    }

    private static void Rotate(in AttentionArguments a, Operand from, float* to, int stride, int first, int end, float direction)
    {
        var angles = (nint)first * (a.Width / 2);
        RotationKernel.Rotate(from.Start, from.Stride, to, stride, end - first, a.Width, a.Cosines + angles, a.Sines + angles, direction);
    }
}
