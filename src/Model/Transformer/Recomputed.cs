using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// A part of the network that keeps its inputs alone and computes the rest again in backward (arXiv 1604.06174). The gradients have the same bits as without:
/// the second pass runs the same operations, dropout with the same random numbers.
/// </summary>
/// <param name="part">(x [B, T, C], bias or null) to [B, T, C].</param>
/// <param name="drawsNumbers">Whether the part has dropout.</param>
internal sealed class Recomputed(Func<Tensor, Tensor?, Tensor> part, bool drawsNumbers)
{
    /// <summary>The part's output; bias [1, H, T, T] may want a gradient as x may.</summary>
    public Tensor Forward(Tensor x, Tensor? bias)
    {
        if (!is_grad_enabled())
            return part(x, bias);
        var state = drawsNumbers ? get_rng_state() : null;
        Tensor y;
        using (no_grad())
            y = part(x, bias);
        List<Tensor> inputs = bias is null ? [x] : [x, bias];
        ReadOnlySpan<Tensor> saved = state is null ? [.. inputs] : [.. inputs, state];
        return Autograd.Record(y, inputs.ToArray(), saved, new Again(part, bias is not null, drawsNumbers));
    }

    private sealed class Again(Func<Tensor, Tensor?, Tensor> part, bool hasBias, bool drawsNumbers) : IBackward
    {
        public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
        {
            // The second graph must be gone when this returns: the end of its nodes would release the gradients that are handed to libtorch then.
            using var scope = NewDisposeScope();
            var x = saved[0].detach().requires_grad_(needed[0]);
            var bias = hasBias ? saved[1].detach().requires_grad_(needed[1]) : null;
            var now = drawsNumbers ? get_rng_state() : null;
            if (now is not null)
                set_rng_state(saved[^1]);
            using (enable_grad())
                part(x, bias).backward([gradOutput]);
            if (now is not null)
                set_rng_state(now);
            gradients[0] = x.grad?.MoveToOuterDisposeScope();
            if (hasBias)
                gradients[1] = bias!.grad?.MoveToOuterDisposeScope();
        }
    }
}
