using DyT.Config;
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
    [InlineData(1, 4)]
    [InlineData(5, 3)]
    [InlineData(40, 16)] // rows of whole vectors and a rest
    public void Causal_attention(int length, int width)
    {
        using var scope = NewDisposeScope();
        manual_seed(2);

        // Heads side by side within a token, as the model has them.
        Tensor Some() => randn(2, length, 3, width).mul_(2).requires_grad_();
        var (q, k, v) = (Some(), Some(), Some());
        var g = randn(2, 3, length, width);
        Tensor Heads(Tensor x) => x.transpose(1, 2);
        var y = SquareAttention.Forward(Heads(q), Heads(k), Heads(v));
        y.backward([g]);

        Tensor Double(Tensor x) => x.detach().@double().requires_grad_();
        var (dq, dk, dv) = (Double(q), Double(k), Double(v));
        var mask = ones(length, length, ScalarType.Bool).triu(1);
        var scores = Heads(dq).matmul(Heads(dk).transpose(-2, -1)).div(Math.Sqrt(width)).masked_fill(mask, double.NegativeInfinity);
        var expected = scores.softmax(-1).matmul(Heads(dv));
        expected.backward([g.@double()]);
        Near(expected, y, 1e-5);
        Near(dq.grad!, q.grad!, 1e-5);
        Near(dk.grad!, k.grad!, 1e-5);
        Near(dv.grad!, v.grad!, 1e-5);
    }

    private static void Near(Tensor expected, Tensor actual, double error)
    {
        var difference = expected.@double().sub(actual.@double()).abs().max().item<double>();
        Assert.True(difference <= error * Math.Max(1, expected.abs().max().item<double>()), $"{difference} apart");
    }
}
