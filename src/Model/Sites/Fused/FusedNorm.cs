using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model;

/// <summary>LayerNorm or RMSNorm as one operation of the graph; x and two numbers per row are kept for backward.</summary>
internal sealed unsafe class FusedNorm<TNorm> : IBackward
    where TNorm : struct, INorm
{
    // Holds nothing of a call.
    private static readonly FusedNorm<TNorm> Gradients = new();

    /// <summary>x [..., C], gamma and beta [C] (beta for centred norms only); gives [..., C].</summary>
    public static torch.Tensor Forward(torch.Tensor x, torch.Tensor gamma, torch.Tensor? beta, double eps)
    {
        var y = torch.empty_like(x);
        var arguments = FusedSite.Arguments(x, y, gamma, beta, withSums: false);
        using var statistics = torch.empty(2, arguments.Chunks.Rows);
        arguments.Statistics = (float*)TensorMemory.Of(statistics);
        arguments.Eps = (float)eps;
        FusedSite.Run(x.dtype, ref arguments, &NormKernel<TNorm, Fp32>.Forward, &NormKernel<TNorm, StreamedFp32>.Forward, &NormKernel<TNorm, Bf16>.Forward);
        return Autograd.Record(y, beta is null ? [x, gamma] : [x, gamma, beta], [x, gamma, statistics], Gradients);
    }

    public void Run(torch.Tensor gradOutput, ReadOnlySpan<torch.Tensor> saved, ReadOnlySpan<bool> needed, Span<torch.Tensor?> gradients)
    {
        var (x, gamma) = (saved[0], saved[1]);
        var gx = torch.empty_like(x);
        var gy = gradOutput.contiguous();
        var arguments = FusedSite.Arguments(x, gx, gamma, null, withSums: true);
        arguments.GradOut = TensorMemory.Of(gy);
        arguments.Statistics = (float*)TensorMemory.Of(saved[2]);
        FusedSite.Run(x.dtype, ref arguments, &NormKernel<TNorm, Fp32>.Backward, &NormKernel<TNorm, StreamedFp32>.Backward, &NormKernel<TNorm, Bf16>.Backward);

        gradients[0] = gx;
        gradients[1] = FusedSite.ChannelGradient(arguments, 0);
        if (gradients.Length > 2)
            gradients[2] = FusedSite.ChannelGradient(arguments, 1);
    }
}
