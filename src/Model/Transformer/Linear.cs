using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>y = x W^T + b; W [out, in].</summary>
/// <remarks>
/// Backward writes the products straight into the gradients that <see cref="ParameterSet"/> preset, or adds them (<see cref="GradientSlot"/>): libtorch's own linear
/// makes each weight's gradient in fresh memory and adds it in another pass. With <see cref="ProductKind.Bf16"/> all three products of a training step are <see cref="Bf16Products"/>.
/// </remarks>
/// <param name="parameters">They outlive the layer.</param>
/// <param name="name">The layer's place in them.</param>
/// <param name="products">Absent: as the parameters have it.</param>
internal sealed class Linear(ParameterSet parameters, string name, ProductKind? products = null) : IBackward
{
    private readonly Tensor _weight = parameters[$"{name}.weight"];
    private readonly GradientSlot _slot = parameters.Slot($"{name}.weight");
    private readonly ProductKind _products = products ?? parameters.Products;
    private readonly Tensor? _bias = parameters.Find($"{name}.bias");

    /// <summary>The layer's parameters.</summary>
    public static IEnumerable<ParameterSpec> Table(string name, int outputs, int inputs, double std, bool bias)
    {
        yield return new($"{name}.weight", [outputs, inputs], ParameterKind.Matrix, new Initializer.Normal(std));
        if (bias)
            yield return new($"{name}.bias", [outputs], ParameterKind.Bias, new Initializer.Constant(0));
    }

    /// <summary>x [..., in] to [..., out].</summary>
    public Tensor Forward(Tensor x) => Forward(x, _bias);

    /// <summary>x W^T, for those who add <see cref="Bias"/> themselves.</summary>
    public Tensor ForwardWithoutBias(Tensor x) => Forward(x, null);

    public Tensor? Bias => _bias;

    private Tensor Forward(Tensor x, Tensor? bias)
    {
        // A pass without gradients in training may be one that backward repeats: it has to come to the same.
        if (_weight.requires_grad && _products == ProductKind.Bf16)
            return ForwardRounded(x, bias);
        if (!is_grad_enabled())
            return TensorProducts.Linear(x, _weight, bias);
        if (!_weight.requires_grad)
            return nn.functional.linear(x, _weight, bias!); // its input may want a gradient all the same
        Tensor y;
        using (no_grad())
            y = TensorProducts.Linear(x, _weight, bias);
        return Autograd.Record(y, bias is null ? [x, _weight] : [x, _weight, bias], [x], this);
    }

    /// <summary>Keeps the rounded factors for backward: half of x, and the weights once more by half.</summary>
    private Tensor ForwardRounded(Tensor x, Tensor? bias)
    {
        Tensor y, roundedX, roundedWeight;
        using (no_grad())
        {
            (roundedX, roundedWeight) = (Bf16Products.Round(x), Bf16Products.Round(_weight));
            y = Bf16Products.Widen(nn.functional.linear(roundedX, roundedWeight));
            if (bias is not null)
                y.add_(bias);
        }

        if (is_grad_enabled())
            return Autograd.Record(y, bias is null ? [x, _weight] : [x, _weight, bias], [roundedX, roundedWeight], this);
        roundedX.Dispose(); // not at the end of a pass over all layers
        roundedWeight.Dispose();
        return y;
    }

    public void Run(Tensor gradOutput, ReadOnlySpan<Tensor> saved, ReadOnlySpan<bool> needed, Span<Tensor?> gradients)
    {
        var x = saved[0];
        var rows = gradOutput.contiguous().view(-1, _weight.shape[0]); // [rows, out]
        if (needed.Length > 2)
            gradients[2] = rows.sum(dim: 0);
        if (saved.Length > 1)
        {
            rows = Bf16Products.Round(rows);
            if (needed[0])
                gradients[0] = Bf16Products.Widen(rows.mm(saved[1])).view(x.shape);
        }
        else if (needed[0])
        {
            gradients[0] = TensorProducts.Of(rows, _weight).view(x.shape);
        }

        Bf16Products.AddTo(_weight.grad!, rows.t(), x.reshape(-1, _weight.shape[1]), _slot.TakeBeta()); // [out, in]
    }
}
