using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Causal attention as one operation, a block of rows at a time (<see cref="AttentionKernel"/>): reads queries, keys and values where the projection left them,
/// writes their gradients where its backward reads them, and keeps two numbers per row for backward. Heads of queries may share one of keys and values.
/// </summary>
/// <remarks>
/// Backward computes the probabilities again, as that of FlashAttention does (arXiv 2205.14135): no memory of the square of the length.
/// </remarks>
internal sealed unsafe class BlockedAttention(int heads, int kvHeads, int width) : IBackward
{
    /// <summary>Whether it can work on such tensors.</summary>
    public static bool Applies(Tensor x) => x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU && x.numel() > 0 && Gemm.IsAvailable;

    /// <summary>qkv [B, T, (H + 2 K) d] to [B, T, H d].</summary>
    public Tensor Forward(Tensor qkv) => Forward([qkv.contiguous()], qkv.shape[0], qkv.shape[1]);

    /// <summary>q [B, H, T, d], k and v [B, K, T, d] to [B, T, H d].</summary>
    public Tensor Forward(Tensor q, Tensor k, Tensor v) => Forward([q.contiguous(), k.contiguous(), v.contiguous()], q.shape[0], q.shape[2]);

    private Tensor Forward(Tensor[] inputs, long batch, long length)
    {
        Tensor output, factors;
        using (no_grad())
        {
            output = empty(batch, length, heads * width);
            factors = empty(batch, heads, length, 2);
            var arguments = Arguments(inputs, output, factors, batch, length);
            Run(ref arguments, &AttentionKernel.Forward);
        }

        return Autograd.Record(output, inputs, [.. inputs, factors], this);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var (batch, length) = (gradOutput.shape[0], gradOutput.shape[1]);
        var inputs = saved[..^1];
        var arguments = Arguments(inputs, gradOutput.contiguous(), saved[^1], batch, length);
        for (var i = 0; i < inputs.Length; i++)
            gradients[i] = empty_like(inputs[i]);
        (arguments.QueryGradients, arguments.KeyGradients, arguments.ValueGradients) = Rows(gradients!);
        Run(ref arguments, &AttentionKernel.Backward);
    }

    private AttentionArguments Arguments(ReadOnlySpan<Tensor> inputs, Tensor output, Tensor factors, long batch, long length)
    {
        var (queries, keys, values) = Rows(inputs!);
        return new AttentionArguments
        {
            Batch = checked((int)batch),
            KvHeads = kvHeads,
            HeadsPerKvHead = heads / kvHeads,
            Length = checked((int)length),
            Width = width,
            Scale = (float)(1 / Math.Sqrt(width)),
            Queries = queries,
            Keys = keys,
            Values = values,
            Output = new HeadRows((float*)TensorMemory.Of(output), length * heads * width, width, heads * width),
            Factors = (float*)TensorMemory.Of(factors),
        };
    }

    /// <summary>The three parts of one qkv tensor, or three tensors.</summary>
    private (HeadRows Queries, HeadRows Keys, HeadRows Values) Rows(ReadOnlySpan<Tensor?> tensors)
    {
        if (tensors.Length == 3)
            return (Rows(tensors[0]!), Rows(tensors[1]!), Rows(tensors[2]!));
        var qkv = tensors[0]!;
        HeadRows From(int head)
        {
            var row = (heads + 2 * kvHeads) * width;
            return new HeadRows((float*)TensorMemory.Of(qkv) + head * width, qkv.shape[1] * row, width, row);
        }

        return (From(0), From(heads), From(heads + kvHeads));
    }

    // [B, H, T, d], in one piece.
    private static HeadRows Rows(Tensor x) => new((float*)TensorMemory.Of(x), x.stride(0), x.stride(1), checked((int)x.stride(2)));

    private static void Run(ref AttentionArguments arguments, delegate*<void*, int, void> kernel)
    {
        fixed (AttentionArguments* a = &arguments)
            TorchThreads.For(a->Batch * a->KvHeads, least: 1, kernel, a);
    }
}
