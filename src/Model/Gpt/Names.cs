namespace DyT.Model;

/// <summary>Internal parameter names: LLaMA's, with fused projections as Phi-3 has them.</summary>
internal static class Names
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string Positions = "model.embed_positions.weight";
    public const string EmbeddingScale = "model.embed_scale";
    public const string PositionBias = "model.position_bias.weight";
    public const string FinalSite = "model.norm";
    public const string Output = "lm_head.weight";

    public static string AttentionSite(int layer) => $"model.layers.{layer}.input_layernorm";

    public static string FfnSite(int layer) => $"model.layers.{layer}.post_attention_layernorm";

    public static string Qkv(int layer) => $"model.layers.{layer}.self_attn.qkv_proj";

    public static string AttentionOut(int layer) => $"model.layers.{layer}.self_attn.o_proj";

    public static string GateUp(int layer) => $"model.layers.{layer}.mlp.gate_up_proj";

    public static string Up(int layer) => $"model.layers.{layer}.mlp.up_proj";

    public static string Down(int layer) => $"model.layers.{layer}.mlp.down_proj";
}
