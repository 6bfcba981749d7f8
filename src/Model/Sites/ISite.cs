using TorchSharp;

namespace DyT.Model;

/// <summary>What stands in the place of a normalization layer.</summary>
public interface ISite
{
    /// <summary>[..., C] to [..., C]; the result belongs to the caller's dispose scope.</summary>
    torch.Tensor Forward(torch.Tensor x);
}
