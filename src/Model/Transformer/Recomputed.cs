using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// A part of the network that keeps its inputs alone and computes the rest again in backward (arXiv 1604.06174). The gradients have the same bits as without:
/// the second pass runs the same operations, dropout with the same random numbers.
/// </summary>
/// <param name="part">(x [B, T, C], further inputs, some perhaps null) to [B, T, C].</param>
/// <param name="drawsNumbers">Whether the part has dropout.</param>
internal sealed class Recomputed(Func<IReadOnlyList<Tensor?>, Tensor> part, bool drawsNumbers)
{
    /// <param name="part">(x [B, T, C], bias or null) to [B, T, C].</param>
    /// <param name="drawsNumbers">Whether the part has dropout.</param>
    public Recomputed(Func<Tensor, Tensor?, Tensor> part, bool drawsNumbers)
        : this(inputs => part(inputs[0]!, inputs[1]), drawsNumbers)
    {
    }

    /// <summary>The part's output; bias [1, H, T, T] may want a gradient as x may.</summary>
    public Tensor Forward(Tensor x, Tensor? bias) => Forward([x, bias]);

    /// <summary>The part's output; every input that is there may want a gradient.</summary>
    public Tensor Forward(IReadOnlyList<Tensor?> inputs)
    {
        if (!is_grad_enabled())
            return part(inputs);
        var state = drawsNumbers ? get_rng_state() : null;
        Tensor y;
        using (no_grad())
            y = part(inputs);
        Tensor[] given = [.. inputs.OfType<Tensor>()];
        ReadOnlySpan<Tensor> saved = state is null ? given : [.. given, state];
        return Autograd.Record(y, given, saved, new Again(part, [.. inputs.Select(i => i is not null)], drawsNumbers));
    }

    private sealed class Again(Func<IReadOnlyList<Tensor?>, Tensor> part, bool[] given, bool drawsNumbers) : IBackward
    {
        public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
        {
            // The second graph must be gone when this returns: the end of its nodes would release the gradients that are handed to libtorch then.
            using var scope = NewDisposeScope();
            var inputs = new Tensor?[given.Length];
            for (var (i, next) = (0, 0); i < inputs.Length; i++)
            {
                if (!given[i])
                    continue;
                inputs[i] = saved[next].detach().requires_grad_(needed[next]);
                next++;
            }

            var now = drawsNumbers ? get_rng_state() : null;
            if (now is not null)
                set_rng_state(saved[^1]);
            using (enable_grad())
                part(inputs).backward([gradOutput]);
            if (now is not null)
                set_rng_state(now);
            var at = 0;
            foreach (var input in inputs.OfType<Tensor>())
                gradients[at++] = input.grad?.MoveToOuterDisposeScope();
        }
    }
}
