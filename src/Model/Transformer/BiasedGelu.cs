using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>gelu(x + b) as one operation of the graph; only x is kept for backward. In main memory and fp32.</summary>
internal sealed unsafe class BiasedGelu : IBackward
{
    // Holds nothing of a call.
    private static readonly BiasedGelu Gradients = new();

    /// <summary>x [..., C] contiguous, bias [C] or null; gives [..., C].</summary>
    public static Tensor Forward(Tensor x, Tensor? bias)
    {
        var y = empty_like(x);
        var arguments = Arguments(x, bias, y, withSums: false);
        Run(ref arguments, &GeluKernel.Forward);
        ReadOnlySpan<Tensor> inputs = bias is null ? [x] : [x, bias];
        return Autograd.Record(y, inputs, inputs, Gradients);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var (x, bias) = (saved[0], saved.Length > 1 ? saved[1] : null);
        var gx = empty_like(x);
        var gy = gradOutput.contiguous();
        var arguments = Arguments(x, bias, gx, withSums: true);
        arguments.GradOut = (float*)TensorMemory.Of(gy);
        Run(ref arguments, &GeluKernel.Backward);
        gradients[0] = gx;
        if (bias is not null)
        {
            gradients[1] = empty_like(bias);
            ChannelSums.Fold(arguments.BiasSums, arguments.Chunks.Count, arguments.PaddedWidth, (float*)TensorMemory.Of(gradients[1]!), arguments.Width);
        }
    }

    // Bias and sums lie in this thread's scratch memory: valid until the next call.
    private static GeluArguments Arguments(Tensor x, Tensor? bias, Tensor output, bool withSums)
    {
        var width = checked((int)x.shape[^1]);
        var chunks = RowChunks.Of(checked((int)(x.numel() / width)));
        var padded = SiteArguments.Padded(width);
        var scratch = Scratch.Floats((nuint)padded * (nuint)(withSums ? 1 + chunks.Count : 1));
        var padding = new Span<float>(scratch, padded);
        padding.Clear();
        if (bias is not null)
            new ReadOnlySpan<float>(TensorMemory.Of(bias), width).CopyTo(padding);
        return new GeluArguments
        {
            Chunks = chunks,
            Width = width,
            X = (float*)TensorMemory.Of(x),
            Bias = scratch,
            Out = (float*)TensorMemory.Of(output),
            BiasSums = scratch + padded,
        };
    }

    private static void Run(ref GeluArguments arguments, delegate*<void*, int, void> kernel)
    {
        fixed (GeluArguments* a = &arguments)
            TorchThreads.For(a->Chunks.Count, a->Chunks.PerThread(a->Width), kernel, a);
    }
}
