using TorchSharp;

namespace DyT.Model;

/// <summary>RMSNorm (arXiv 1910.07467), the baseline: x / sqrt(mean(x^2) + eps) * gamma over the last dimension.</summary>
public sealed class RmsNormSite(torch.Tensor gamma, double eps) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) => x.mul(x.square().mean([-1], keepdim: true).add(eps).rsqrt()).mul(gamma);
}
