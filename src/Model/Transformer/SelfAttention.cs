using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>Multi-head attention of a sequence to itself, causal or to all of it; grouped heads of keys and values included (arXiv 2305.13245).</summary>
internal sealed class SelfAttention(ModelConfig model, ParameterSet parameters, string block, RotaryEmbedding? rotary, bool causal = true)
{
    private readonly Linear _qkv = new(parameters, Names.Qkv(block));
    private readonly Linear _out = new(parameters, Names.AttentionOut(block));
    private readonly BlockedAttention _blocked = new(model.Heads, model.EffectiveKvHeads, model.HeadWidth, rotary);

    /// <summary>x [B, T, C]; bias [1, H, T, T] (the causal mask in it, where there is to be one) or null; gives [B, T, C].</summary>
    public Tensor Forward(Tensor x, Tensor? bias, bool training)
    {
        var qkv = _qkv.Forward(x); // [B, T, (H + 2 K) d]
        var dropout = training ? model.Dropout : 0.0;
        return _out.Forward(causal && bias is null && dropout == 0 && BlockedAttention.Applies(qkv) ? _blocked.Forward(qkv) : Mixed(qkv, bias, dropout));
    }

    /// <summary>One more position, behind those in the cache, which takes it in, or the first n: x [B, n, C] to [B, n, C]. Without gradients.</summary>
    /// <param name="x">The positions'; more than one only while the cache is empty.</param>
    /// <param name="cache">Keys and values so far.</param>
    /// <param name="bias">[1, H, n, t], t with the new ones; or null.</param>
    public Tensor Step(Tensor x, AttentionCache cache, Tensor? bias)
    {
        var (q, k, v) = Parts(_qkv.Forward(x), cache.Length);
        cache.Append(k, v);
        return _out.Forward(AttentionHeads.Attend(q, cache.Keys, cache.Values, bias, 0, causal: bias is null && x.shape[1] > 1));
    }

    /// <summary>By libtorch's operations: qkv [B, T, (H + 2 K) d] to [B, T, H d].</summary>
    private Tensor Mixed(Tensor qkv, Tensor? bias, double dropout)
    {
        var (q, k, v) = Parts(qkv, 0);
        return AttentionHeads.Attend(q, k, v, bias, dropout, causal && bias is null);
    }

    /// <summary>[B, heads, T, d] each, rotated where positions are rotary, the first at position <paramref name="start"/>.</summary>
    private (Tensor Queries, Tensor Keys, Tensor Values) Parts(Tensor qkv, long start)
    {
        var (heads, kvHeads) = (model.Heads, model.EffectiveKvHeads);
        // One split and not three narrows: its backward lays the three gradients side by side, theirs would add three padded ones.
        var parts = qkv.view(qkv.shape[0], qkv.shape[1], heads + 2 * kvHeads, model.HeadWidth).split([heads, kvHeads, kvHeads], 2);
        var (q, k, v) = (parts[0].transpose(1, 2), parts[1].transpose(1, 2), parts[2].transpose(1, 2));
        return rotary is null ? (q, k, v) : (rotary.Rotate(q, start), rotary.Rotate(k, start), v);
    }
}
