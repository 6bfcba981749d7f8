using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Mixed precision of a layer's products (<see cref="DyT.Config.ProductKind.Bf16"/>, arXiv 1905.12322): their factors are rounded to bf16, the sums are added up in fp32 and
/// rounded once. What enters and leaves the layer, and what its gradients are added to, is fp32.
/// </summary>
internal static class Bf16Products
{
    public static Tensor Round(Tensor values) => values.to(ScalarType.BFloat16);

    public static Tensor Widen(Tensor product) => product.to(ScalarType.Float32);

    /// <summary>target = beta target + a b, in place; a and b both fp32, or both rounded.</summary>
    /// <param name="target">[n, m], fp32.</param>
    /// <param name="a">[n, k].</param>
    /// <param name="b">[k, m].</param>
    /// <param name="beta">0: what stood there does not count, whatever it is; or 1.</param>
    public static void AddTo(Tensor target, Tensor a, Tensor b, float beta)
    {
        if (a.dtype == ScalarType.Float32)
            TensorProducts.AddTo(target, a, b, beta);
        else if (beta == 0)
            target.copy_(a.mm(b));
        else
            target.add_(a.mm(b));
    }
}
