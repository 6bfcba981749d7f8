using TorchSharp;

namespace DyT.Model;

internal static class Affine
{
    /// <summary>gamma * t + beta per channel; t [..., C].</summary>
    public static torch.Tensor Apply(torch.Tensor t, torch.Tensor gamma, torch.Tensor? beta) =>
        beta is null ? t.mul(gamma) : torch.addcmul(beta, t, gamma, 1);
}
