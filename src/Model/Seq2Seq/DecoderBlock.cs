using DyT.Config;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>x + Attn(site(x)), x + Cross(site(x), memory), x + MLP(site(x)), each branch perhaps times a learned scalar.</summary>
internal sealed class DecoderBlock(ModelConfig model, ParameterSet parameters, int layer, RotaryEmbedding? rotary, NetworkProbe probe)
{
    private readonly ISite _attentionSite = Sites.Create(Names.AttentionSite(Names.Block(layer)), model.Site.EffectiveAttention, model.Site, parameters, probe);
    private readonly SelfAttention _attention = new(model, parameters, Names.Block(layer), rotary);
    private readonly Residual _afterAttention = Residual.OfAttention(Names.Block(layer), parameters, probe);
    private readonly ISite _crossSite = Sites.Create(Names.CrossSite(Names.Block(layer)), model.Site.EffectiveAttention, model.Site, parameters, probe);
    private readonly CrossAttention _cross = new(model, parameters, Names.Block(layer));
    private readonly Residual _afterCross = Residual.OfCross(Names.Block(layer), parameters, probe);
    private readonly ISite _ffnSite = Sites.Create(Names.FfnSite(Names.Block(layer)), model.Site.EffectiveFfn, model.Site, parameters, probe);
    private readonly Mlp _mlp = new(model, parameters, Names.Block(layer));
    private readonly Residual _afterFfn = Residual.OfFfn(Names.Block(layer), parameters, probe);

    /// <summary>The block's parameters, front to back.</summary>
    public static IEnumerable<ParameterSpec> Table(ModelConfig model, int layer, int additions)
    {
        var (block, width) = (Names.Block(layer), model.DModel);
        return
        [
            .. SiteParameters.Table(Names.AttentionSite(block), model.Site.EffectiveAttention, model.Site, model.Site.AlphaAttention, width),
            .. Linear.Table(Names.Qkv(block), (model.Heads + 2 * model.EffectiveKvHeads) * model.HeadWidth, width, Inits.Std(model, width), model.Bias),
            .. Linear.Table(Names.AttentionOut(block), width, width, Inits.ResidualStd(model, width, additions), model.Bias),
            .. SiteParameters.Table(Names.CrossSite(block), model.Site.EffectiveAttention, model.Site, model.Site.AlphaAttention, width),
            .. CrossAttention.Table(model, block, additions),
            .. SiteParameters.Table(Names.FfnSite(block), model.Site.EffectiveFfn, model.Site, model.Site.AlphaOther, width),
            .. Mlp.Table(model, block, additions),
            .. Residual.Table(block, model.Residual),
            .. Residual.CrossTable(block, model.Residual),
        ];
    }

    /// <summary>As <see cref="Forward"/> in training, keeping the inputs alone.</summary>
    public Tensor ForwardRecomputed(Tensor x, Tensor? bias, Tensor memory, Tensor mask, IStepProgress? progress) =>
        new Recomputed(inputs => Forward(inputs[0]!, inputs[1], inputs[2]!, inputs[3]!, training: true, progress), drawsNumbers: model.Dropout > 0).Forward([x, bias, memory, mask]);

    /// <summary>x [B, T, C]; bias [1, H, T, T] with the causal mask, or null; memory [B, S, C]; mask [B, 1, 1, S].</summary>
    public Tensor Forward(Tensor x, Tensor? bias, Tensor memory, Tensor mask, bool training, IStepProgress? progress)
    {
        using var scope = NewDisposeScope();
        x = PassMark.Put(x, progress, Seq2SeqMarks.Attention(model, layer));
        x = _afterAttention.Add(x, Dropout.Apply(_attention.Forward(_attentionSite.Forward(x), bias, training), model.Dropout, training));
        x = PassMark.Put(x, progress, Seq2SeqMarks.Cross(model, layer));
        x = _afterCross.Add(x, Dropout.Apply(_cross.Forward(_crossSite.Forward(x), memory, mask, training), model.Dropout, training));
        x = PassMark.Put(x, progress, Seq2SeqMarks.Ffn(model, layer));
        return _afterFfn.Add(x, Dropout.Apply(_mlp.Forward(_ffnSite.Forward(x)), model.Dropout, training)).MoveToOuterDisposeScope();
    }

    /// <summary>What the block keeps of the encoder's output.</summary>
    public AttentionCache Remember(Tensor memory)
    {
        var cache = new AttentionCache();
        var (keys, values) = _cross.Remember(memory);
        cache.Append(keys, values);
        return cache;
    }

    /// <summary>One more position, without gradients: x [B, 1, C] to [B, 1, C]; bias [1, H, 1, t] or null.</summary>
    public Tensor Step(Tensor x, Tensor? bias, AttentionCache seen, AttentionCache memory, Tensor mask)
    {
        x = _afterAttention.Add(x, _attention.Step(_attentionSite.Forward(x), seen, bias));
        x = _afterCross.Add(x, _cross.Forward(_crossSite.Forward(x), memory.Keys, memory.Values, mask, training: false));
        return _afterFfn.Add(x, _mlp.Forward(_ffnSite.Forward(x)));
    }
}
