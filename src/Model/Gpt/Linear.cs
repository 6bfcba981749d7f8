using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>y = x W^T + b; W [out, in].</summary>
internal sealed class Linear(ParameterSet parameters, string name)
{
    private readonly Tensor _weight = parameters[$"{name}.weight"];
    private readonly Tensor? _bias = parameters.Find($"{name}.bias");

    public Tensor Forward(Tensor x) => nn.functional.linear(x, _weight, _bias);
}
