using DyT.Config;
using DyT.Model.Kernels;
using DyT.Model.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

/// <summary>The layers that have a backward of their own, against libtorch's operations in double.</summary>
public sealed class LayerGradientTests
{
    [Theory]
    [InlineData(1, 5, false)]
    [InlineData(7, 16, true)]
    [InlineData(600, 83, true)] // rows of several chunks, widths with a rest
    public void Gelu_with_bias(int rows, int width, bool withBias)
    {
        using var scope = NewDisposeScope();
        manual_seed(1);
        var x = randn(rows, width).mul_(3).requires_grad_();
        var bias = withBias ? randn(width).requires_grad_() : null;
        var g = randn(rows, width);
        var y = BiasedGelu.Forward(x.view(rows, width), bias);
        y.backward([g]);

        var u = x.detach().@double().requires_grad_();
        var b = bias?.detach().@double().requires_grad_();
        var expected = nn.functional.gelu(b is null ? u : u.add(b));
        expected.backward([g.@double()]);
        Near(expected, y, 2e-6);
        Near(u.grad!, x.grad!, 2e-6);
        if (withBias)
            Near(b!.grad!, bias!.grad!, 1e-5);
    }

    [Fact]
    public void Gelu_far_out_is_the_identity_or_nothing()
    {
        using var scope = NewDisposeScope();
        var x = tensor(new[] { -1e30f, -40, -6, 0, 6, 40, 1e30f, float.NaN });
        var y = BiasedGelu.Forward(x, null).data<float>().ToArray();
        Assert.Equal([0, 0, 0], y[..3].Select(v => MathF.Round(v, 5)));
        Assert.Equal([0, 6, 40, 1e30f], y[3..7]);
        Assert.True(float.IsNaN(y[7]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Linear_of_rounded_factors(bool withBias)
    {
        var table = new List<ParameterSpec> { new("l.weight", [40, 56], ParameterKind.Matrix, new Initializer.Normal(1)) };
        if (withBias)
            table.Add(new("l.bias", [40], ParameterKind.Bias, new Initializer.Normal(1)));
        using var parameters = ParameterSet.Allocate(FlatLayout.Of(table), withGradients: true, ProductKind.Bf16);
        parameters.Initialize(1);
        using var scope = NewDisposeScope();
        manual_seed(1);
        Tensor Rounded(Tensor t) => t.detach().to(ScalarType.BFloat16).@double();
        var x = randn(3, 4, 56).requires_grad_();
        var g = randn(3, 4, 40);
        var layer = new Linear(parameters, "l");
        using (no_grad())
        {
            var alone = layer.Forward(x).data<float>().ToArray();
            using var grad = enable_grad();
            Assert.Equal(layer.Forward(x).data<float>().ToArray(), alone); // backward may repeat what was computed without gradients
        }

        for (var pass = 1; pass <= 2; pass++)
        {
            if (pass == 1)
                parameters.BeginGradients(); // the second adds to the first
            x.grad?.zero_();
            var y = layer.Forward(x.view(3, 4, 56));
            y.backward([g]);
            var bias = parameters.Find("l.bias");
            var product = nn.functional.linear(Rounded(x), Rounded(parameters["l.weight"]));
            AssertRoundedOnce(bias is null ? product : product.add(bias.detach().@double()), y);
            AssertRoundedOnce(Rounded(g).matmul(Rounded(parameters["l.weight"])), x.grad!);
            AssertRoundedOnce(Rounded(g).reshape(-1, 40).t().mm(Rounded(x).reshape(-1, 56)).mul(pass), parameters["l.weight"].grad!);
            if (bias is not null)
                Near(g.reshape(-1, 40).sum(dim: 0).@double().mul(pass), bias.grad!, 1e-5);
        }
    }

    /// <summary>bf16 has 8 bits, and sums of such products are of about ten.</summary>
    private static void AssertRoundedOnce(Tensor expected, Tensor actual)
    {
        var off = expected.sub(actual.@double()).abs().div(expected.abs().add(1)).max().item<double>();
        Assert.InRange(off, 1e-5, 1.0 / 128);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Linear(bool withBias)
    {
        var table = new List<ParameterSpec> { new("l.weight", [5, 7], ParameterKind.Matrix, new Initializer.Normal(1)) };
        if (withBias)
            table.Add(new("l.bias", [5], ParameterKind.Bias, new Initializer.Normal(1)));
        using var parameters = ParameterSet.Allocate(FlatLayout.Of(table), withGradients: true);
        parameters.Initialize(1);
        using var scope = NewDisposeScope();
        var x = randn(3, 4, 7).requires_grad_();
        var g = randn(3, 4, 5);
        var layer = new Linear(parameters, "l");
        var y = layer.Forward(x.view(3, 4, 7));
        y.backward([g]);
        layer.Forward(x.view(3, 4, 7)).backward([g]); // gradients add up

        var (u, w) = (x.detach().@double().requires_grad_(), parameters["l.weight"].detach().@double().requires_grad_());
        var b = parameters.Find("l.bias")?.detach().@double().requires_grad_();
        var expected = nn.functional.linear(u, w, b!);
        expected.backward([g.@double().mul(2)]);
        Near(expected, y, 1e-5);
        Near(u.grad!, x.grad!, 1e-5);
        Near(w.grad!, parameters["l.weight"].grad!, 1e-5);
        if (withBias)
            Near(b!.grad!, parameters["l.bias"].grad!, 1e-5);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(150)] // strips of 64 columns, the last with a rest
    public void Embedding_of_tokens_that_come_again(int width)
    {
        using var parameters = ParameterSet.Allocate(FlatLayout.Of([new("e", [6, width], ParameterKind.Embedding, new Initializer.Normal(1))]), withGradients: true);
        parameters.Initialize(1);
        using var scope = NewDisposeScope();
        long[] tokens = [0, 5, 5, 2, 0, 5];
        var g = randn(2, 3, width);
        var rows = new TokenEmbedding(parameters["e"]).Forward(tensor(tokens, [2, 3]));
        rows.backward([g]);

        var expected = new float[6 * width];
        var gradient = g.data<float>().ToArray();
        for (var i = 0; i < tokens.Length; i++)
        {
            for (var c = 0; c < width; c++)
                expected[tokens[i] * width + c] += gradient[i * width + c];
        }

        Assert.Equal(expected, parameters["e"].grad!.data<float>().ToArray()); // to the bit: in the tokens' order
        Assert.Equal(parameters["e"].index_select(0, tensor(tokens)).data<float>().ToArray(), rows.data<float>().ToArray());
    }

    [Theory]
    [InlineData(1, 4, 3, 3, false)]
    [InlineData(5, 3, 3, 1, false)]
    [InlineData(40, 16, 4, 2, false)] // rows of whole vectors and a rest
    [InlineData(150, 8, 2, 2, false)] // three blocks of rows, the last one not full
    [InlineData(150, 8, 2, 2, true)]
    [InlineData(70, 36, 4, 2, true)] // pairs of one whole vector and a rest
    public void Causal_attention(int length, int width, int heads, int kvHeads, bool rotates)
    {
        Assert.SkipUnless(Gemm.IsAvailable, "there is no product by pointer here");
        using var scope = NewDisposeScope();
        manual_seed(2);
        var qkv = randn(2, length, (heads + 2 * kvHeads) * width).mul_(2).requires_grad_();
        var g = randn(2, length, heads * width);
        using var rotary = rotates ? new RotaryEmbedding(width) : null;
        var y = new BlockedAttention(heads, kvHeads, width, rotary).Forward(qkv);
        y.backward([g]);

        var wide = qkv.detach().@double().requires_grad_();
        var parts = wide.view(2, length, heads + 2 * kvHeads, width).split([heads, kvHeads, kvHeads], 2).Select(p => p.transpose(1, 2)).ToList();
        if (rotary is not null)
            (parts[0], parts[1]) = (rotary.Rotate(parts[0]), rotary.Rotate(parts[1]));
        var (k, v) = (parts[1].repeat_interleave(heads / kvHeads, 1), parts[2].repeat_interleave(heads / kvHeads, 1));
        var mask = ones(length, length, ScalarType.Bool).triu(1);
        var scores = parts[0].matmul(k.transpose(-2, -1)).div(Math.Sqrt(width)).masked_fill(mask, double.NegativeInfinity);
        var expected = scores.softmax(-1).matmul(v).transpose(1, 2).reshape(2, length, heads * width);
        expected.backward([g.@double()]);
        Near(expected, y, 1e-5);
        Near(wide.grad!, qkv.grad!, 1e-5);
    }

    private static void Near(Tensor expected, Tensor actual, double error)
    {
        var difference = expected.@double().sub(actual.@double()).abs().max().item<double>();
        Assert.True(difference <= error * Math.Max(1, expected.abs().max().item<double>()), $"{difference} apart");
    }
}
