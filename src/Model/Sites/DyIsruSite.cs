using DyT.Model.Kernels;
using TorchSharp;

namespace DyT.Model;

/// <summary>Dynamic inverse square root unit (arXiv 2503.21708): gamma * sqrt(C) x / sqrt(b + x^2) + beta; b [1], gamma and beta [C].</summary>
public sealed class DyIsruSite(torch.Tensor b, torch.Tensor gamma, torch.Tensor? beta) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) =>
        FusedSite.Applies(x, gamma) ? FusedCurve<IsruCurve>.Forward(x, b, null, gamma, beta) : Composite(x);

    /// <summary>The same of libtorch's operations, for every device and dtype; what the fused kernel is held against.</summary>
    public torch.Tensor Composite(torch.Tensor x) => Affine.Apply(x.mul(x.square().add(b).rsqrt()).mul(Math.Sqrt(x.shape[^1])), gamma, beta);
}
