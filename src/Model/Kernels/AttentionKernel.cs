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
        var keys = new Gemm.Operand(a.Keys.At(sequence, kvHead), a.Keys.RowStride);
        var values = new Gemm.Operand(a.Values.At(sequence, kvHead), a.Values.RowStride);
        var scores = Scratch.Floats((nuint)RowsPerBlock * (nuint)a.Length);
        for (var h = 0; h < a.HeadsPerKvHead; h++)
        {
            var head = kvHead * a.HeadsPerKvHead + h;
            var factors = Factors(a, sequence, head);
            for (var first = 0; first < a.Length; first += RowsPerBlock)
            {
                var end = Math.Min(first + RowsPerBlock, a.Length);
                var queries = Rows(a.Queries, sequence, head, first);
                Gemm.Multiply(end - first, end, a.Width, 1, queries, keys.Transposed, 0, scores, end);
                CausalSoftmaxKernel.Forward(scores, factors + 2 * first, first, end, a.Scale);
                var output = Rows(a.Output, sequence, head, first);
                Gemm.Multiply(end - first, a.Width, end, 1, new Gemm.Operand(scores, end), values, 0, output.Start, output.Stride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Backward(void* arguments, int task)
    {
        ref readonly var a = ref *(AttentionArguments*)arguments;
        var (sequence, kvHead) = (task / a.KvHeads, task % a.KvHeads);
        var keys = new Gemm.Operand(a.Keys.At(sequence, kvHead), a.Keys.RowStride);
        var values = new Gemm.Operand(a.Values.At(sequence, kvHead), a.Values.RowStride);
        var keyGradients = a.KeyGradients.At(sequence, kvHead);
        var valueGradients = a.ValueGradients.At(sequence, kvHead);
        var probabilities = Scratch.Floats(2 * (nuint)RowsPerBlock * (nuint)a.Length);
        var gradients = probabilities + (nint)RowsPerBlock * a.Length;
        var begun = 0f; // 0 until keys and values have a gradient: the last block, which comes first, sets all rows of it
        for (var h = 0; h < a.HeadsPerKvHead; h++)
        {
            var head = kvHead * a.HeadsPerKvHead + h;
            var factors = Factors(a, sequence, head);
            for (var first = (a.Length - 1) / RowsPerBlock * RowsPerBlock; first >= 0; first -= RowsPerBlock)
            {
                var end = Math.Min(first + RowsPerBlock, a.Length);
                var rows = end - first;
                var queries = Rows(a.Queries, sequence, head, first);
                var output = Rows(a.Output, sequence, head, first); // its gradient
                Gemm.Multiply(rows, end, a.Width, 1, queries, keys.Transposed, 0, probabilities, end);
                CausalSoftmaxKernel.Again(probabilities, factors + 2 * first, first, end, a.Scale);
                var p = new Gemm.Operand(probabilities, end);
                Gemm.Multiply(end, a.Width, rows, 1, p.Transposed, output, begun, valueGradients, a.ValueGradients.RowStride);
                Gemm.Multiply(rows, end, a.Width, 1, output, values.Transposed, 0, gradients, end);
                CausalSoftmaxKernel.Backward(probabilities, gradients, first, end, a.Scale);
                var g = new Gemm.Operand(gradients, end); // of the scores, by now
                var queryGradients = Rows(a.QueryGradients, sequence, head, first);
                Gemm.Multiply(rows, a.Width, end, 1, g, keys, 0, queryGradients.Start, queryGradients.Stride);
                Gemm.Multiply(end, a.Width, rows, 1, g.Transposed, queries, begun, keyGradients, a.KeyGradients.RowStride);
                begun = 1;
            }
        }
    }

    private static float* Factors(in AttentionArguments a, int sequence, int head) =>
        a.Factors + 2 * ((nint)sequence * a.KvHeads * a.HeadsPerKvHead + head) * a.Length;

    /// <summary>The rows from one on.</summary>
    private static Gemm.Operand Rows(HeadRows all, int sequence, int head, int first) => new(all.At(sequence, head) + (nint)first * all.RowStride, all.RowStride);
}
