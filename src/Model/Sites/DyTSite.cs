using DyT.Model.Kernels;
using TorchSharp;

namespace DyT.Model;

/// <summary>Dynamic Tanh (arXiv 2503.10622): gamma * tanh(alpha x) + beta; alpha [1], gamma and beta [C].</summary>
public sealed class DyTSite(torch.Tensor alpha, torch.Tensor gamma, torch.Tensor? beta) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) =>
        FusedSite.Applies(x, gamma) ? FusedCurve<TanhCurve>.Forward(x, alpha, null, gamma, beta) : Composite(x);

    /// <summary>The same of libtorch's operations, for every device and dtype; what the fused kernel is held against.</summary>
    public torch.Tensor Composite(torch.Tensor x) => Affine.Apply(x.mul(alpha).tanh(), gamma, beta);
}
