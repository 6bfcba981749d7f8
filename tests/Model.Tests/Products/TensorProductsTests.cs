using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests.Products;

/// <summary>Products of tensors against libtorch's own, whoever makes them here.</summary>
public sealed class TensorProductsTests
{
    [Fact]
    public void Factors_may_be_views()
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var (a, b) = (randn(40, 50), randn(50, 70));
        Near(a.mm(b), TensorProducts.Of(a, b));
        Near(a.mm(b), TensorProducts.Of(a.t().contiguous().t(), b.t().contiguous().t()));
        Near(a.narrow(0, 7, 20).narrow(1, 3, 30).mm(b.narrow(0, 3, 30)), TensorProducts.Of(a.narrow(0, 7, 20).narrow(1, 3, 30), b.narrow(0, 3, 30)));
        var apart = randn(40, 50, 2).select(2, 1); // neither rows nor columns side by side
        Near(apart.mm(b), TensorProducts.Of(apart, b));
        var repeated = randn(1, 50).expand(40, 50);
        Near(repeated.mm(b), TensorProducts.Of(repeated, b));
        Near(a.narrow(1, 4, 1).mm(b.narrow(0, 4, 1)), TensorProducts.Of(a.narrow(1, 4, 1), b.narrow(0, 4, 1)));
        Near(zeros(30, 40), TensorProducts.Of(empty(30, 0), empty(0, 40)));
        Assert.Equal([30L, 0L], TensorProducts.Of(empty(30, 5), empty(5, 0)).shape);
        Near(a.narrow(0, 0, 3).mm(b), TensorProducts.Of(a.narrow(0, 0, 3), b)); // of few rows
        Assert.ThrowsAny<Exception>(() => TensorProducts.Of(a, randn(49, 70)));
        Assert.ThrowsAny<Exception>(() => TensorProducts.AddTo(randn(41, 70), a, b, beta: 1));
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void A_product_is_added_or_written_in_place(float beta)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);
        var (a, b) = (randn(30, 45), randn(45, 33));
        foreach (var target in (Tensor[])[randn(30, 33), randn(60, 40).narrow(0, 5, 30).narrow(1, 2, 33), randn(33, 30).t()])
        {
            var expected = target * beta + a.mm(b);
            if (beta == 0)
                target.fill_(float.NaN);
            TensorProducts.AddTo(target, a, b, beta);
            Near(expected, target);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_layers_product(bool bias)
    {
        using var scope = NewDisposeScope();
        manual_seed(3);
        var (x, weight, added) = (randn(3, 15, 24), randn(37, 24), bias ? randn(37) : null);
        var y = TensorProducts.Linear(x, weight, added);
        Assert.Equal([3L, 15L, 37L], y.shape);
        Near(nn.functional.linear(x, weight, added!), y);
        Near(nn.functional.linear(x.transpose(0, 1), weight, added!), TensorProducts.Linear(x.transpose(0, 1), weight, added));
        Near(nn.functional.linear(x[0, 0], weight, added!), TensorProducts.Linear(x[0, 0], weight, added));
    }

    [Fact]
    public void A_product_whose_gradients_are_wanted_is_refused()
    {
        using var scope = NewDisposeScope();
        var (a, b, target) = (randn(30, 40), randn(40, 50).requires_grad_(), zeros(30, 50));
        Assert.Throws<InvalidOperationException>(() => TensorProducts.Of(a, b));
        Assert.Throws<InvalidOperationException>(() => TensorProducts.AddTo(target, a, b, beta: 1));
        Assert.Throws<InvalidOperationException>(() => TensorProducts.Linear(a, b.t(), null));
        using var noGrad = no_grad();
        Near(a.mm(b), TensorProducts.Of(a, b));
    }

    [Fact]
    public void Other_types_are_libtorchs()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (full([4, 6], 0.5f, ScalarType.BFloat16), full([6, 3], 2f, ScalarType.BFloat16));
        Assert.Equal(6f, TensorProducts.Of(a, b)[0, 0].item<BFloat16>().ToSingle());
    }

    private static void Near(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        Assert.True(expected.allclose(actual, rtol: 1e-5, atol: 1e-4));
    }
}
