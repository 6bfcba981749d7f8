using DyT.Config;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>Multi-head attention of the target to the encoder's output; positions are not rotated.</summary>
internal sealed class CrossAttention(ModelConfig model, ParameterSet parameters, string block)
{
    private readonly Linear _queries = new(parameters, Names.CrossQueries(block));
    private readonly Linear _keysValues = new(parameters, Names.CrossKeysValues(block));
    private readonly Linear _out = new(parameters, Names.CrossOut(block));

    /// <summary>The layer's parameters.</summary>
    public static IEnumerable<ParameterSpec> Table(ModelConfig model, string block, int additions) =>
    [
        .. Linear.Table(Names.CrossQueries(block), model.DModel, model.DModel, Inits.Std(model, model.DModel), model.Bias),
        .. Linear.Table(Names.CrossKeysValues(block), 2 * model.EffectiveKvHeads * model.HeadWidth, model.DModel, Inits.Std(model, model.DModel), model.Bias),
        .. Linear.Table(Names.CrossOut(block), model.DModel, model.DModel, Inits.ResidualStd(model, model.DModel, additions), model.Bias),
    ];

    /// <summary>x [B, T, C], memory [B, S, C], mask [B, 1, 1, S]; gives [B, T, C].</summary>
    public Tensor Forward(Tensor x, Tensor memory, Tensor mask, bool training)
    {
        var (keys, values) = Remember(memory);
        return Forward(x, keys, values, mask, training);
    }

    /// <summary>The encoder's output as this layer sees it: [B, S, C] to keys and values, [B, K, S, d] each.</summary>
    public (Tensor Keys, Tensor Values) Remember(Tensor memory)
    {
        var (batch, length, kvHeads) = (memory.shape[0], memory.shape[1], model.EffectiveKvHeads);
        var parts = _keysValues.Forward(memory).view(batch, length, 2 * kvHeads, model.HeadWidth).split([kvHeads, kvHeads], 2);
        return (parts[0].transpose(1, 2), parts[1].transpose(1, 2));
    }

    /// <summary>As above, with what was remembered.</summary>
    public Tensor Forward(Tensor x, Tensor keys, Tensor values, Tensor mask, bool training)
    {
        var queries = _queries.Forward(x).view(x.shape[0], x.shape[1], model.Heads, model.HeadWidth).transpose(1, 2); // [B, H, T, d]
        return _out.Forward(AttentionHeads.Attend(queries, keys, values, mask, training ? model.Dropout : 0, causal: false));
    }
}
