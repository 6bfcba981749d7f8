using DyT.Model.Kernels;
using TorchSharp;

namespace DyT.Model;

/// <summary>LayerNorm (arXiv 1607.06450), the baseline: (x - mean) / sqrt(var + eps) * gamma + beta over the last dimension.</summary>
public sealed class LayerNormSite(torch.Tensor gamma, torch.Tensor? beta, double eps) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) =>
        FusedSite.Applies(x, gamma) ? FusedNorm<LayerNorm>.Forward(x, gamma, beta, eps) : Composite(x);

    /// <summary>The same of libtorch's operations, for every device and dtype; what the fused kernel is held against.</summary>
    public torch.Tensor Composite(torch.Tensor x) => torch.nn.functional.layer_norm(x, [x.shape[^1]], gamma, beta, eps);
}
