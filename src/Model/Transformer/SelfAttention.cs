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

    /// <summary>By libtorch's operations: qkv [B, T, (H + 2 K) d] to [B, T, H d].</summary>
    private Tensor Mixed(Tensor qkv, Tensor? bias, double dropout)
    {
        var (batch, length) = (qkv.shape[0], qkv.shape[1]);
        var heads = model.Heads;
        var kvHeads = model.EffectiveKvHeads;
        var width = model.HeadWidth;

        // [B, T, heads, d] each. One split and not three narrows: its backward lays the three gradients side by side, theirs would add three padded ones.
        var parts = qkv.view(batch, length, heads + 2 * kvHeads, width).split([heads, kvHeads, kvHeads], 2);
        var (q, k, v) = (parts[0].transpose(1, 2), parts[1].transpose(1, 2), parts[2].transpose(1, 2));
        if (rotary is not null)
        {
            q = rotary.Rotate(q);
            k = rotary.Rotate(k);
        }

        if (kvHeads != heads)
        {
            k = k.repeat_interleave(heads / kvHeads, 1);
            v = v.repeat_interleave(heads / kvHeads, 1);
        }

        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: bias!, p: dropout, is_casual: causal && bias is null)
            .transpose(1, 2).reshape(batch, length, heads * width);
    }
}
