using System.Runtime.ExceptionServices;
using TorchSharp;

namespace DyT.Model;

/// <summary>
/// Operations with a backward of their own in libtorch's graph. TorchSharp offers <c>SingleTensorFunction</c> for this; what stands here goes under it
/// and needs no memory beside what is saved, where TorchSharp's allocates a copy of every output.
/// </summary>
public static class Autograd
{
    /// <summary>
    /// Makes <paramref name="output"/> the result of an operation on <paramref name="inputs"/> whose backward is <paramref name="backward"/>. Does
    /// nothing when gradients are switched off or no input wants one.
    /// </summary>
    /// <param name="output">A tensor without history that was made from the inputs: new memory, or <c>x.detach()</c>; never an input itself.</param>
    /// <param name="inputs">What the output depends on; backward gives one gradient for each.</param>
    /// <param name="saved">
    /// What backward reads. They are kept until it ran or the graph is gone; one that is changed in place meanwhile by libtorch's own operations (raw
    /// writes go unseen) makes backward fail.
    /// </param>
    /// <param name="backward">Computes the gradients.</param>
    /// <returns><paramref name="output"/>.</returns>
    public static torch.Tensor Record(torch.Tensor output, ReadOnlySpan<torch.Tensor> inputs, ReadOnlySpan<torch.Tensor> saved, IBackward backward)
    {
        if (!torch.is_grad_enabled())
            return output;
        foreach (var input in inputs)
        {
            if (input.requires_grad)
            {
                GraphNode.Attach(output, inputs, saved, backward);
                break;
            }
        }

        return output;
    }

    /// <summary>
    /// <c>loss.backward()</c>. An exception of an <see cref="IBackward"/> cannot pass through libtorch; it ends the backward pass and is thrown again
    /// here, as itself. (Plain <c>backward()</c> throws too, but does not tell the cause.)
    /// </summary>
    public static void Backward(torch.Tensor loss)
    {
        var failure = BackwardFailure.OfThisThread;
        failure.Clear();
        try
        {
            loss.backward();
        }
        catch (Exception) when (failure.Exception is not null)
        {
            ExceptionDispatchInfo.Throw(failure.Exception);
        }
        finally
        {
            failure.Clear();
            ReturnedGradients.OfThisThread.Release();
        }
    }
}
