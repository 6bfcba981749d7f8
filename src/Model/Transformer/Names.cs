namespace DyT.Model;

/// <summary>Internal parameter names: LLaMA's, with fused projections as Phi-3 has them. What belongs to a block begins with the block's own name.</summary>
internal static class Names
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string Positions = "model.embed_positions.weight";
    public const string EmbeddingScale = "model.embed_scale";
    public const string PositionBias = "model.position_bias.weight";
    public const string FinalSite = "model.norm";
    public const string Output = "lm_head.weight";
    public const string Classifier = "classifier";

    /// <summary>A block of the network's only, or last, stack.</summary>
    public static string Block(int layer) => $"model.layers.{layer}";

    /// <summary>A block of the encoder, where there is a decoder too.</summary>
    public static string EncoderBlock(int layer) => $"{Encoder}.layers.{layer}";

    public const string Encoder = "model.encoder";

    public static string CrossSite(string block) => $"{block}.cross_layernorm";

    public static string CrossQueries(string block) => $"{block}.cross_attn.q_proj";

    public static string CrossKeysValues(string block) => $"{block}.cross_attn.kv_proj";

    public static string CrossOut(string block) => $"{block}.cross_attn.o_proj";

    /// <summary>The learned factor of the branch that looks at the encoder's output.</summary>
    public static string CrossScale(string block) => $"{block}.cross_branch.scale";

    public static string AttentionSite(string block) => $"{block}.input_layernorm";

    public static string FfnSite(string block) => $"{block}.post_attention_layernorm";

    public static string Qkv(string block) => $"{block}.self_attn.qkv_proj";

    public static string AttentionOut(string block) => $"{block}.self_attn.o_proj";

    /// <summary>The learned factor of the attention branch.</summary>
    public static string AttentionScale(string block) => $"{block}.attn_branch.scale";

    /// <summary>The learned factor of the feed-forward branch.</summary>
    public static string FfnScale(string block) => $"{block}.ffn_branch.scale";

    /// <summary>What is added to 1 as the factor of the skip path before attention (<see cref="Config.ResidualForm.OnePlus"/>).</summary>
    public static string SkipScale(string block) => $"{block}.skip.scale";

    public static string GateUp(string block) => $"{block}.mlp.gate_up_proj";

    public static string Up(string block) => $"{block}.mlp.up_proj";

    public static string Down(string block) => $"{block}.mlp.down_proj";
}
