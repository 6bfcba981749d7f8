using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class ScaledAddTests
{
    [Theory]
    [InlineData(1, 1, 5, false)]
    [InlineData(2, 37, 48, false)]
    [InlineData(3, 100, 33, true)]
    [InlineData(1, 700, 64, true)]
    public void Values_and_gradients_are_those_of_libtorch_s_operations(int batch, int length, int width, bool withSkip)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(3);
        Tensor[] inputs = [randn(batch, length, width), randn(batch, length, width), full([1], 0.7f), .. withSkip ? new[] { full([1], -0.2f) } : []];
        var weights = randn(batch, length, width);
        (Tensor Y, Tensor[] Gradients) Of(Func<Tensor, Tensor, Tensor, Tensor?, Tensor> add)
        {
            Tensor[] own = [.. inputs.Select(t => t.clone().requires_grad_())];
            var y = add(own[0], own[1], own[2], withSkip ? own[3] : null);
            Autograd.Backward(y.mul(weights).sum());
            return (y.detach(), [.. own.Select(t => t.grad!)]);
        }

        Assert.True(ScaledAdd.Applies(inputs[0], inputs[1]));
        var (expected, actual) = (Of(Residual.Composite), Of(ScaledAdd.Forward));
        Assert.True(actual.Y.allclose(expected.Y, 1e-6, 1e-6));
        foreach (var (a, e) in actual.Gradients.Zip(expected.Gradients))
            Assert.True(a.allclose(e, 1e-5, 1e-4 * Math.Sqrt(batch * length)), $"{a} and {e}");
    }

    [Fact]
    public void The_gradient_of_a_stream_that_is_used_twice_is_the_sum()
    {
        using var scope = NewDisposeScope();
        var x = randn(4, 32).requires_grad_();
        var y = ScaledAdd.Forward(x, x.mul(2), full([1], 0.5f), null); // 2 x
        Autograd.Backward(y.add(x.mul(3)).sum());
        Assert.True(x.grad!.allclose(full([4, 32], 5f)));
    }

    [Fact]
    public void Threads_change_no_bit()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(4);
        var (x, branch) = (randn(300, 96), randn(300, 96));
        float[][] Of(int threads)
        {
            set_num_threads(threads);
            var (own, scale) = (branch.clone().requires_grad_(), full([1], 0.3f).requires_grad_());
            var y = ScaledAdd.Forward(x, own, scale, null);
            Autograd.Backward(y.square().sum());
            return [y.data<float>().ToArray(), own.grad!.data<float>().ToArray(), scale.grad!.data<float>().ToArray()];
        }

        var before = get_num_threads();
        try
        {
            Assert.Equal(Of(1), Of(2));
        }
        finally
        {
            set_num_threads(before);
        }
    }
}
