using TorchSharp;

namespace DyT.Model;

/// <summary>Nothing: the identity.</summary>
public sealed class NoSite : ISite
{
    public torch.Tensor Forward(torch.Tensor x) => x;
}
