using DyT.Config;
using DyT.Model;
using static TorchSharp.torch;

namespace DyT.Bench;

/// <summary>One product of square matrices: what the machine can do at best, the denominator of MFU.</summary>
public sealed class MatrixProduct(ProductKind products) : IDisposable
{
    private const int Size = 2048;
    private readonly Tensor _a = full([Size, Size], 0.5f, TensorProducts.TypeOf(products));
    private readonly Tensor _b = full([Size, Size], 0.25f, TensorProducts.TypeOf(products));
    private readonly Tensor _product = empty([Size, Size], TensorProducts.TypeOf(products));

    /// <summary>A multiply-add counts two.</summary>
    public static double Flops => 2.0 * Size * Size * Size;

    public void Run()
    {
        using var noGrad = no_grad();
        TensorProducts.AddTo(_product, _a, _b, beta: 0);
    }

    public void Dispose()
    {
        _a.Dispose();
        _b.Dispose();
        _product.Dispose();
    }
}
