using TorchSharp;

namespace DyT.Model;

/// <summary>The backward half of an operation of our own; <see cref="Autograd.Record"/> puts it into libtorch's graph.</summary>
public interface IBackward
{
    /// <summary>
    /// Gradients of the operation's inputs. Runs without gradient mode, at most once per recorded operation, in a dispose scope of its own: of the tensors
    /// made here only those in <paramref name="gradients"/> survive.
    /// </summary>
    /// <param name="gradOutput">Gradient of the output, of its shape and dtype; perhaps not contiguous. Not to be kept.</param>
    /// <param name="saved">The tensors that were handed to <see cref="Autograd.Record"/> for this, in that order. Not to be kept.</param>
    /// <param name="needed">Which inputs want a gradient.</param>
    /// <param name="gradients">To be filled, one per input: a tensor of the input's shape, or null for no gradient.</param>
    void Run(torch.Tensor gradOutput, ReadOnlySpan<torch.Tensor> saved, ReadOnlySpan<bool> needed, Span<torch.Tensor?> gradients);
}
