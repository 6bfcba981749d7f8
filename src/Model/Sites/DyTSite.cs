using TorchSharp;

namespace DyT.Model;

/// <summary>Dynamic Tanh (arXiv 2503.10622): gamma * tanh(alpha x) + beta; alpha [1], gamma and beta [C].</summary>
public sealed class DyTSite(torch.Tensor alpha, torch.Tensor gamma, torch.Tensor? beta) : ISite
{
    public torch.Tensor Forward(torch.Tensor x) => Affine.Apply(x.mul(alpha).tanh(), gamma, beta);
}
