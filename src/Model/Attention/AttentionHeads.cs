using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>Attention by libtorch's operations.</summary>
internal static class AttentionHeads
{
    /// <summary>q [B, H, T, d], k and v [B, K, S, d] (K divides H); gives [B, T, H d].</summary>
    /// <param name="q">Queries.</param>
    /// <param name="k">Keys.</param>
    /// <param name="v">Values.</param>
    /// <param name="bias">Added to the scores: broadcast to [B, H, T, S]; or null.</param>
    /// <param name="dropout">Probability.</param>
    /// <param name="causal">Without a bias: a query sees the keys up to its own place.</param>
    public static Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor? bias, double dropout, bool causal)
    {
        var shared = q.shape[1] / k.shape[1];
        if (shared > 1)
        {
            k = k.repeat_interleave(shared, 1);
            v = v.repeat_interleave(shared, 1);
        }

        return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask: bias!, p: dropout, is_casual: causal).transpose(1, 2).reshape(q.shape[0], q.shape[2], q.shape[1] * q.shape[3]);
    }
}
