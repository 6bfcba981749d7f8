using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Causal attention as one operation, a block of rows at a time (<see cref="AttentionKernel"/>): reads queries, keys and values where the projection left them,
/// writes their gradients where its backward reads them, and keeps two numbers per row for backward. Heads of queries may share one of keys and values;
/// queries and keys are rotated on the way where positions are rotary.
/// </summary>
/// <remarks>
/// Backward computes the probabilities again, as that of FlashAttention does (arXiv 2205.14135): no memory of the square of the length.
/// </remarks>
internal sealed unsafe class BlockedAttention(int heads, int kvHeads, int width, RotaryEmbedding? rotary) : IBackward
{
    /// <summary>Whether it can work on such tensors.</summary>
    public static bool Applies(Tensor x) => x.dtype == ScalarType.Float32 && x.device_type == DeviceType.CPU && x.numel() > 0 && Gemm.IsAvailable;

    /// <summary>qkv [B, T, (H + 2 K) d] to [B, T, H d].</summary>
    public Tensor Forward(Tensor qkv)
    {
        var (batch, length) = (qkv.shape[0], qkv.shape[1]);
        qkv = qkv.contiguous();
        var output = empty(batch, length, heads * width);
        var factors = empty(batch, heads, length, 2);
        var arguments = Arguments(qkv, output, factors);
        Run(ref arguments, &AttentionKernel.Forward);
        return Autograd.Record(output, [qkv], [qkv, factors], this);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var (qkv, factors) = (saved[0], saved[1]);
        var gradient = empty_like(qkv);
        var arguments = Arguments(qkv, gradOutput.contiguous(), factors);
        (arguments.QueryGradients, arguments.KeyGradients, arguments.ValueGradients) = Parts(gradient);
        Run(ref arguments, &AttentionKernel.Backward);
        gradients[0] = gradient;
    }

    private AttentionArguments Arguments(Tensor qkv, Tensor output, Tensor factors)
    {
        var (batch, length) = (checked((int)qkv.shape[0]), checked((int)qkv.shape[1]));
        var (queries, keys, values) = Parts(qkv);
        var (cosines, sines) = rotary is null ? (null, null) : rotary.Tables(length);
        return new AttentionArguments
        {
            Batch = batch,
            KvHeads = kvHeads,
            HeadsPerKvHead = heads / kvHeads,
            Length = length,
            Width = width,
            Scale = (float)(1 / Math.Sqrt(width)),
            Queries = queries,
            Keys = keys,
            Values = values,
            Output = new HeadRows((float*)TensorMemory.Of(output), (long)length * heads * width, width, heads * width),
            Factors = (float*)TensorMemory.Of(factors),
            Cosines = cosines is null ? null : (float*)TensorMemory.Of(cosines),
            Sines = sines is null ? null : (float*)TensorMemory.Of(sines),
        };
    }

    /// <summary>The heads' vectors stand side by side within a token: those of queries, then of keys, then of values.</summary>
    private (HeadRows Queries, HeadRows Keys, HeadRows Values) Parts(Tensor qkv)
    {
        var row = (heads + 2 * kvHeads) * width;
        HeadRows From(int head) => new((float*)TensorMemory.Of(qkv) + head * width, qkv.shape[1] * row, width, row);
        return (From(0), From(heads), From(heads + kvHeads));
    }

    private static void Run(ref AttentionArguments arguments, delegate*<void*, int, void> kernel)
    {
        fixed (AttentionArguments* a = &arguments)
            TorchThreads.For(a->Batch * a->KvHeads, least: 1, kernel, a);
    }
}
