using TorchSharp;

namespace DyT.Model;

/// <summary>
/// The identity, put at the input of a half of a block: its backward runs when the gradients of all parameters behind it are final. libtorch's engine runs what is ready in
/// the order newest first, and the additions into the parameters' gradients before all else; everything behind the mark is newer than the mark itself.
/// </summary>
internal sealed class FinalMark(IGradientProgress progress, int mark) : IBackward
{
    /// <summary>x of any shape, as it is; <paramref name="progress"/> is told <paramref name="mark"/> in backward.</summary>
    public static torch.Tensor Put(torch.Tensor x, IGradientProgress? progress, int mark) =>
        progress is null ? x : Autograd.Record(x.detach(), [x], [], new FinalMark(progress, mark));

    public void Run(torch.Tensor gradOutput, ReadOnlySpan<torch.Tensor> saved, ReadOnlySpan<bool> needed, Span<torch.Tensor?> gradients)
    {
        progress.OnFinal(mark);
        gradients[0] = gradOutput;
    }
}
