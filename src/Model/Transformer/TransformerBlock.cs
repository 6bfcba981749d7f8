using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>x + Attn(site(x)), then x + MLP(site(x)), each branch perhaps times a learned scalar.</summary>
/// <param name="model">The architecture.</param>
/// <param name="parameters">Its weights.</param>
/// <param name="layer">From 0.</param>
/// <param name="rotary">Where positions are rotary.</param>
/// <param name="causal">Whether a position sees those before it alone.</param>
/// <param name="dropPath">Probability with which a sample passes a branch by in training (stochastic depth, arXiv 1603.09382).</param>
internal sealed class TransformerBlock(ModelConfig model, ParameterSet parameters, int layer, RotaryEmbedding? rotary, NetworkProbe probe, bool causal = true, double dropPath = 0)
{
    private readonly ISite _attentionSite = Sites.Create(Names.AttentionSite(Names.Block(layer)), model.Site.EffectiveAttention, model.Site, parameters, probe);
    private readonly SelfAttention _attention = new(model, parameters, Names.Block(layer), rotary, causal);
    private readonly Residual _afterAttention = Residual.OfAttention(Names.Block(layer), parameters, probe);
    private readonly ISite _ffnSite = Sites.Create(Names.FfnSite(Names.Block(layer)), model.Site.EffectiveFfn, model.Site, parameters, probe);
    private readonly Mlp _mlp = new(model, parameters, Names.Block(layer));
    private readonly Residual _afterFfn = Residual.OfFfn(Names.Block(layer), parameters, probe);

    /// <summary>The block's parameters, front to back.</summary>
    public static IEnumerable<ParameterSpec> Table(ModelConfig model, int layer)
    {
        var (block, width) = (Names.Block(layer), model.DModel);
        return
        [
            .. SiteParameters.Table(Names.AttentionSite(block), model.Site.EffectiveAttention, model.Site, model.Site.AlphaAttention, width),
            .. Linear.Table(Names.Qkv(block), (model.Heads + 2 * model.EffectiveKvHeads) * model.HeadWidth, width, Inits.Std(model, width), model.Bias),
            .. Linear.Table(Names.AttentionOut(block), width, width, Inits.ResidualStd(model, width), model.Bias),
            .. SiteParameters.Table(Names.FfnSite(block), model.Site.EffectiveFfn, model.Site, model.Site.AlphaOther, width),
            .. Mlp.Table(model, block),
            .. Residual.Table(block, model.Residual),
        ];
    }

    /// <summary>As <see cref="Forward"/> in training, keeping x alone. The marks speak in the pass that backward runs.</summary>
    public Tensor ForwardRecomputed(Tensor x, Tensor? bias, IGradientProgress? progress) =>
        new Recomputed((input, mask) => Forward(input, mask, training: true, progress), drawsNumbers: model.Dropout > 0 || dropPath > 0).Forward(x, bias);

    /// <summary>x [B, T, C]; bias [1, H, T, T] or null.</summary>
    public Tensor Forward(Tensor x, Tensor? bias, bool training, IGradientProgress? progress)
    {
        // What the graph does not keep is freed here, block by block; without gradients, all of it.
        using var scope = NewDisposeScope();
        x = FinalMark.Put(x, progress, GradientMarks.Attention(layer, model.Layers));
        x = _afterAttention.Add(x, Thinned(_attention.Forward(_attentionSite.Forward(x), bias, training), training));
        x = FinalMark.Put(x, progress, GradientMarks.Ffn(layer, model.Layers));
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
