using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model;

/// <summary>gamma f(x) + beta as one operation of the graph; only x is kept for backward.</summary>
internal sealed unsafe class FusedCurve<TCurve> : IBackward
    where TCurve : struct, ICurve
{
    // Holds nothing of a call.
    private static readonly FusedCurve<TCurve> Gradients = new();

    /// <summary>x [..., C], scalar and shift [1] (shift null for curves without), gamma and beta [C]; gives [..., C].</summary>
    public static torch.Tensor Forward(torch.Tensor x, torch.Tensor scalar, torch.Tensor? shift, torch.Tensor gamma, torch.Tensor? beta)
    {
        var y = torch.empty_like(x);
        var arguments = FusedSite.Arguments(x, y, gamma, beta, withSums: false);
        arguments.Scalar = FusedSite.Scalar(scalar);
        arguments.Shift = shift is null ? 0 : FusedSite.Scalar(shift);
        FusedSite.Run(x.dtype, ref arguments, &CurveKernel<TCurve, Fp32>.Forward, &CurveKernel<TCurve, StreamedFp32>.Forward, &CurveKernel<TCurve, Bf16>.Forward);

        ReadOnlySpan<torch.Tensor> saved = shift is null ? [x, scalar, gamma] : [x, scalar, gamma, shift];
        return Autograd.Record(y, beta is null ? saved : [.. saved, beta], saved, Gradients);
    }

    public void Run(torch.Tensor gradOutput, ReadOnlySpan<torch.Tensor> saved, ReadOnlySpan<bool> needed, Span<torch.Tensor?> gradients)
    {
        var (x, scalar, gamma) = (saved[0], saved[1], saved[2]);
        var gx = torch.empty_like(x);
        var gy = gradOutput.contiguous();
        var arguments = FusedSite.Arguments(x, gx, gamma, null, withSums: true);
        arguments.GradOut = TensorMemory.Of(gy);
        arguments.Scalar = FusedSite.Scalar(scalar);
        arguments.Shift = TCurve.HasShift ? FusedSite.Scalar(saved[3]) : 0;
        FusedSite.Run(x.dtype, ref arguments, &CurveKernel<TCurve, Fp32>.Backward, &CurveKernel<TCurve, StreamedFp32>.Backward, &CurveKernel<TCurve, Bf16>.Backward);

        gradients[0] = gx;
        gradients[1] = FusedSite.Scalar(ChannelSums.Fold(arguments.ScalarSums, arguments.Chunks.Count, 2));
        gradients[2] = FusedSite.ChannelGradient(arguments, 0);
        var next = 3;
        if (TCurve.HasShift)
            gradients[next++] = FusedSite.Scalar(ChannelSums.Fold(arguments.ScalarSums + 1, arguments.Chunks.Count, 2));
        if (next < gradients.Length)
            gradients[next] = FusedSite.ChannelGradient(arguments, 1);
    }
}
