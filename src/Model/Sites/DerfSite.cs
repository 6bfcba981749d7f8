using DyT.Model.Kernels;
using TorchSharp;

namespace DyT.Model;

/// <summary>Dynamic erf (arXiv 2512.10938): gamma * erf(alpha x + s) + beta; alpha and s [1], gamma and beta [C].</summary>
public sealed class DerfSite(torch.Tensor alpha, torch.Tensor shift, torch.Tensor gamma, torch.Tensor? beta) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) =>
        FusedSite.Applies(x, gamma) ? FusedCurve<ErfCurve>.Forward(x, alpha, shift, gamma, beta) : Composite(x);

    /// <summary>The same of libtorch's operations, for every device and dtype; what the fused kernel is held against.</summary>
    public torch.Tensor Composite(torch.Tensor x) => Affine.Apply(x.mul(alpha).add(shift).erf(), gamma, beta);
}
