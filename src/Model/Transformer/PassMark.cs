using TorchSharp;

namespace DyT.Model;

/// <summary>
/// The identity, put at the input of a half of a block: its backward runs when the gradients of all parameters behind it are final. libtorch's engine runs what is ready in
/// the order newest first, and the additions into the parameters' gradients before all else; everything behind the mark is newer than the mark itself.
/// </summary>
internal sealed class PassMark(IStepProgress progress, int mark) : IBackward
{
    /// <summary>x of any shape, as it is; <paramref name="progress"/> is told <paramref name="mark"/> now and in backward.</summary>
    public static torch.Tensor Put(torch.Tensor x, IStepProgress? progress, int mark)
    {
        if (progress is null)
            return x;
        progress.BeforeForward(mark);
        return Autograd.Record(x.detach(), [x], [], new PassMark(progress, mark));
    }

    public void Run(torch.Tensor gradOutput, ReadOnlySpan<torch.Tensor> saved, ReadOnlySpan<bool> needed, Span<torch.Tensor?> gradients)
    {
        progress.OnFinal(mark);
        gradients[0] = gradOutput;
    }
}
