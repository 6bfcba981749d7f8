using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>The position-wise layer: gelu(x W_up) W_down, or (silu(x W_gate) * x W_up) W_down (arXiv 2002.05202).</summary>
internal sealed class Mlp
{
    private readonly bool _gated;
    private readonly Linear _in;
    private readonly Linear _down;

    public Mlp(ModelConfig model, ParameterSet parameters, string block)
    {
        _gated = model.Mlp == MlpKind.Swiglu;
        _in = new Linear(parameters, _gated ? Names.GateUp(block) : Names.Up(block));
        _down = new Linear(parameters, Names.Down(block));
    }

    /// <summary>The layer's parameters.</summary>
    public static IEnumerable<ParameterSpec> Table(ModelConfig model, string block, int additions) =>
    [
        .. model.Mlp == MlpKind.Swiglu
            ? Linear.Table(Names.GateUp(block), 2 * model.EffectiveDFf, model.DModel, Inits.Std(model, model.DModel), model.Bias)
            : Linear.Table(Names.Up(block), model.EffectiveDFf, model.DModel, Inits.Std(model, model.DModel), model.Bias),
        .. Linear.Table(Names.Down(block), model.DModel, model.EffectiveDFf, Inits.ResidualStd(model, model.EffectiveDFf, additions), model.Bias),
    ];

    /// <summary>[B, T, C] to [B, T, C].</summary>
    public Tensor Forward(Tensor x)
    {
        if (!_gated)
            return _down.Forward(BiasedGelu.Forward(_in.ForwardWithoutBias(x), _in.Bias));
        var hidden = _in.Forward(x);
        var half = hidden.shape[^1] / 2;
        return _down.Forward(nn.functional.silu(hidden.narrow(-1, 0, half)).mul(hidden.narrow(-1, half, half)));
    }
}
