using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Causal attention with all its probabilities in memory, [B, H, T, T]: batched matrix products with a softmax between them. Backward need not compute the
/// probabilities again, as that of libtorch's flash kernel does; for long sequences that kernel needs far less memory.
/// </summary>
internal sealed unsafe class SquareAttention : IBackward
{
    /// <summary>The greatest length it is used for: with heads of 64 the probabilities then take twice the memory of the MLP's hidden values. A choice, not a measured crossing point.</summary>
    public const int Longest = 512;

    // Holds nothing of a call.
    private static readonly SquareAttention Gradients = new();

    /// <summary>q, k, v [B, H, T, d] to [B, H, T, d], laid out as [B, T, H, d].</summary>
    public static Tensor Forward(Tensor q, Tensor k, Tensor v)
    {
        var (batch, heads, length, width) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        Tensor output;
        Tensor[] saved;
        using (no_grad())
        {
            var (qs, ks, vs) = (Squares(q), Squares(k), Squares(v)); // [B H, T, d]
            var probabilities = qs.bmm(ks.transpose(1, 2)); // scores first, [B H, T, T]
            saved = [qs, ks, vs, probabilities];
            Run(probabilities, null, width, &CausalSoftmaxKernel.Forward);
            output = probabilities.bmm(vs).view(batch, heads, length, width).transpose(1, 2).contiguous().transpose(1, 2);
        }

        return Autograd.Record(output, [q, k, v], saved, Gradients);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var (q, k, v, probabilities) = (saved[0], saved[1], saved[2], saved[3]);
        var g = Squares(gradOutput);
        var scores = g.bmm(v.transpose(1, 2)); // of the probabilities, then of the scores
        Run(probabilities, scores, q.shape[2], &CausalSoftmaxKernel.Backward);
        gradients[0] = scores.bmm(k).view(gradOutput.shape);
        gradients[1] = scores.transpose(1, 2).bmm(q).view(gradOutput.shape);
        gradients[2] = probabilities.transpose(1, 2).bmm(g).view(gradOutput.shape);
    }

    private static Tensor Squares(Tensor x) => x.contiguous().view(-1, x.shape[2], x.shape[3]);

    private static void Run(Tensor probabilities, Tensor? gradients, long width, delegate*<void*, int, void> kernel)
    {
        var length = (int)probabilities.shape[1];
        var arguments = new CausalSoftmaxArguments
        {
            Length = length,
            Scale = (float)(1 / Math.Sqrt(width)),
            Squares = (float*)TensorMemory.Of(probabilities),
            Gradients = gradients is null ? null : (float*)TensorMemory.Of(gradients),
        };
        TorchThreads.For((int)probabilities.shape[0], Math.Max(1, 16384 / (length * length)), kernel, &arguments);
    }
}
