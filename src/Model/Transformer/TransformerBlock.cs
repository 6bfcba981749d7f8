using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>Where a block stands: the name that its parameters begin with, and when in backward its halves are done (<see cref="GradientMarks"/>).</summary>
internal readonly record struct BlockPlace(string Name, int AttentionMark, int FfnMark)
{
    /// <summary>In the network's only stack; <paramref name="layer"/> from 0.</summary>
    public static BlockPlace Of(ModelConfig model, int layer) => new(Names.Block(layer), GradientMarks.Attention(layer, model.Layers), GradientMarks.Ffn(layer, model.Layers));
}

/// <summary>x + Attn(site(x)), then x + MLP(site(x)), each branch perhaps times a learned scalar.</summary>
/// <param name="model">The architecture.</param>
/// <param name="parameters">Its weights.</param>
/// <param name="place">Its name and marks.</param>
/// <param name="rotary">Where positions are rotary.</param>
/// <param name="causal">Whether a position sees those before it alone.</param>
/// <param name="dropPath">Probability with which a sample passes a branch by in training (stochastic depth, arXiv 1603.09382).</param>
internal sealed class TransformerBlock(ModelConfig model, ParameterSet parameters, BlockPlace place, RotaryEmbedding? rotary, NetworkProbe probe, bool causal = true, double dropPath = 0)
{
    private readonly ISite _attentionSite = Sites.Create(Names.AttentionSite(place.Name), model.Site.EffectiveAttention, model.Site, parameters, probe);
    private readonly SelfAttention _attention = new(model, parameters, place.Name, rotary, causal);
    private readonly Residual _afterAttention = Residual.OfAttention(place.Name, parameters, probe);
    private readonly ISite _ffnSite = Sites.Create(Names.FfnSite(place.Name), model.Site.EffectiveFfn, model.Site, parameters, probe);
    private readonly Mlp _mlp = new(model, parameters, place.Name);
    private readonly Residual _afterFfn = Residual.OfFfn(place.Name, parameters, probe);

    /// <summary>The block's parameters, front to back.</summary>
    /// <param name="additions">To the stack's residual stream, of all its blocks.</param>
    public static IEnumerable<ParameterSpec> Table(ModelConfig model, string block, int additions)
    {
        var width = model.DModel;
        return
        [
            .. SiteParameters.Table(Names.AttentionSite(block), model.Site.EffectiveAttention, model.Site, model.Site.AlphaAttention, width),
            .. Linear.Table(Names.Qkv(block), (model.Heads + 2 * model.EffectiveKvHeads) * model.HeadWidth, width, Inits.Std(model, width), model.Bias),
            .. Linear.Table(Names.AttentionOut(block), width, width, Inits.ResidualStd(model, width, additions), model.Bias),
            .. SiteParameters.Table(Names.FfnSite(block), model.Site.EffectiveFfn, model.Site, model.Site.AlphaOther, width),
            .. Mlp.Table(model, block, additions),
            .. Residual.Table(block, model.Residual),
        ];
    }

    /// <summary>As <see cref="Forward"/> in training, keeping x alone. The marks speak in the pass that backward runs.</summary>
    public Tensor ForwardRecomputed(Tensor x, Tensor? bias, IStepProgress? progress) =>
        new Recomputed((input, mask) => Forward(input, mask, training: true, progress), drawsNumbers: model.Dropout > 0 || dropPath > 0).Forward(x, bias);

    /// <summary>x [B, T, C]; bias [1, H, T, T] or null.</summary>
    public Tensor Forward(Tensor x, Tensor? bias, bool training, IStepProgress? progress)
    {
        // What the graph does not keep is freed here, block by block; without gradients, all of it.
        using var scope = NewDisposeScope();
        x = PassMark.Put(x, progress, place.AttentionMark);
        x = _afterAttention.Add(x, Thinned(_attention.Forward(_attentionSite.Forward(x), bias, training), training));
        x = PassMark.Put(x, progress, place.FfnMark);
        return _afterFfn.Add(x, Thinned(_mlp.Forward(_ffnSite.Forward(x)), training)).MoveToOuterDisposeScope();
    }

    /// <summary>One more position, or the first n into an empty cache, without gradients: x [B, n, C] to [B, n, C]; bias [1, H, n, t] or null.</summary>
    public Tensor Step(Tensor x, AttentionCache cache, Tensor? bias)
    {
        x = _afterAttention.Add(x, _attention.Step(_attentionSite.Forward(x), cache, bias));
        return _afterFfn.Add(x, _mlp.Forward(_ffnSite.Forward(x)));
    }

    /// <summary>Dropout of elements, then of whole samples.</summary>
    private Tensor Thinned(Tensor branch, bool training)
    {
        branch = Dropout.Apply(branch, model.Dropout, training);
        if (!training || dropPath <= 0)
            return branch;
        var kept = empty([branch.shape[0], 1, 1]).bernoulli_(1 - dropPath).div_(1 - dropPath); // [B, 1, 1]
        return branch.mul(kept);
    }
}
