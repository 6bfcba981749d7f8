using DyT.Model.Kernels;
using TorchSharp;

namespace DyT.Model;

/// <summary>RMSNorm (arXiv 1910.07467), the baseline: x / sqrt(mean(x^2) + eps) * gamma over the last dimension.</summary>
public sealed class RmsNormSite(torch.Tensor gamma, double eps) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) =>
        FusedSite.Applies(x, gamma) ? FusedNorm<RmsNorm>.Forward(x, gamma, null, eps) : Composite(x);

    /// <summary>The same of libtorch's operations, for every device and dtype; what the fused kernel is held against.</summary>
    public torch.Tensor Composite(torch.Tensor x) => x.mul(x.square().mean([-1], keepdim: true).add(eps).rsqrt()).mul(gamma);
}
