using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>(1 + r) x + s F as one operation of the graph; x (where there is r) and F are kept for backward. In main memory and fp32.</summary>
internal sealed unsafe class ScaledAdd : IBackward
{
    // Holds nothing of a call.
    private static readonly ScaledAdd Gradients = new();

    public static bool Applies(Tensor x, Tensor branch) => Fits(x) && Fits(branch) && x.numel() is > 0 and var values && values / x.shape[^1] <= int.MaxValue;

    /// <summary>x and branch [..., C]; scale and skip [1], skip null for none; gives [..., C].</summary>
    public static Tensor Forward(Tensor x, Tensor branch, Tensor scale, Tensor? skip)
    {
        var y = empty_like(x);
        var arguments = Arguments(x, branch, scale, skip);
        arguments.Out = Floats(y);
        Run(ref arguments, &ScaledAddKernel.Forward);
        ReadOnlySpan<Tensor> inputs = skip is null ? [x, branch, scale] : [x, branch, scale, skip];
        return skip is null ? Autograd.Record(y, inputs, [branch, scale], Gradients) : Autograd.Record(y, inputs, [branch, scale, x, skip], Gradients);
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var (branch, scale) = (saved[0], saved[1]);
        var (x, skip) = saved.Length > 2 ? (saved[2], saved[3]) : (null, null);
        var gy = gradOutput.contiguous();
        var gBranch = empty_like(branch);
        var gx = x is null ? gradOutput.alias() : empty_like(x);
        var arguments = Arguments(x ?? branch, branch, scale, skip);
        arguments.GradOut = Floats(gy);
        arguments.GradBranch = Floats(gBranch);
        arguments.GradX = x is null ? null : Floats(gx);
        arguments.Sums = (double*)Scratch.Floats((nuint)(2 * arguments.Chunks.Count) * (sizeof(double) / sizeof(float)));
        Run(ref arguments, &ScaledAddKernel.Backward);
        gradients[0] = gx;
        gradients[1] = gBranch;
        gradients[2] = FusedSite.Scalar(ChannelSums.Fold(arguments.Sums + 1, arguments.Chunks.Count, 2));
        if (skip is not null)
            gradients[3] = FusedSite.Scalar(ChannelSums.Fold(arguments.Sums, arguments.Chunks.Count, 2));
    }

    private static bool Fits(Tensor t) => t.dtype == ScalarType.Float32 && t.device_type == DeviceType.CPU && t.is_contiguous();

    private static ScaledAddArguments Arguments(Tensor x, Tensor branch, Tensor scale, Tensor? skip)
    {
        var width = checked((int)x.shape[^1]);
        return new ScaledAddArguments
        {
            Chunks = RowChunks.Of((int)(x.numel() / width)),
            Width = width,
            X = Floats(x),
            Branch = Floats(branch),
            Keep = skip is null ? 1 : 1 + FusedSite.Scalar(skip),
            Scale = FusedSite.Scalar(scale),
        };
    }

    private static float* Floats(Tensor t) => (float*)TensorMemory.Of(t);

    private static void Run(ref ScaledAddArguments arguments, delegate*<void*, int, void> kernel)
    {
        fixed (ScaledAddArguments* a = &arguments)
            TorchThreads.For(a->Chunks.Count, a->Chunks.PerThread(a->Width), kernel, a);
    }
}
