namespace DyT.Config;

public enum MlpKind { Gelu, Swiglu }

public enum PositionKind { Learned, Sinusoidal, Rope, Alibi, T5, None }

public enum InitKind { Gpt2, Llama, FanIn }

/// <summary>What kind of network it is, and with it what it learns.</summary>
public enum ArchKind
{
    /// <summary>A decoder: the next token of a text.</summary>
    Gpt,

    /// <summary>Recurrent layers of long short-term memory: the next token of a text.</summary>
    Lstm,

    /// <summary>Recurrent layers of gated units (arXiv 1406.1078): the next token of a text.</summary>
    Gru,

    /// <summary>An encoder over patches: the class of an image (arXiv 2010.11929).</summary>
    Vit,

    /// <summary>An encoder and a decoder: one text to another (arXiv 1706.03762).</summary>
    Seq2seq,
}

/// <summary>The network. A preset fills these values; keys given beside it win.</summary>
public sealed record ModelConfig
{
    [Setting("Name of a built-in model whose values stand for every key that is not given here (see 'dyt model list').")]
    public string? Preset { get; init; }

    [Setting("Kind of network: gpt (language model), lstm or gru (recurrent language models), vit (image classification) or seq2seq (translation).")]
    public ArchKind Arch { get; init; } = ArchKind.Gpt;

    [Setting("Number of transformer blocks.", Min = 1, Max = 4096)]
    public int Layers { get; init; } = 4;

    [Setting("Attention heads; must divide d_model.", Min = 1, Max = 4096)]
    public int Heads { get; init; } = 4;

    [Setting("Heads of keys and values (grouped-query attention); must divide heads. Absent: as many as heads.", Min = 1, Max = 4096)]
    public int? KvHeads { get; init; }

    [Setting("Width of the residual stream.", Min = 1, Max = 262144)]
    public int DModel { get; init; } = 128;

    [Setting("Width of the MLP's hidden layer. Absent: 4 d_model for gelu, 8/3 d_model rounded up to a multiple of 64 for swiglu.", Min = 1, Max = 4194304)]
    public int? DFf { get; init; }

    [Setting("Training length: tokens per sequence.", Min = 1, Max = 1048576)]
    public int Block { get; init; } = 64;

    [Setting("Vocabulary size. Absent: the tokenizer's. May be larger than the tokenizer's (padding), not smaller.", Min = 1, Max = 16777216)]
    public int? Vocab { get; init; }

    [Setting("MLP: gelu (two matrices) or swiglu (three, gated).")]
    public MlpKind Mlp { get; init; } = MlpKind.Gelu;

    [Setting("Biases in linear layers.")]
    public bool Bias { get; init; }

    [Setting("One matrix for the token embedding and the output layer.")]
    public bool TiedEmbeddings { get; init; } = true;

    [Setting("Dropout probability on embeddings, attention and branch outputs.", Min = 0, Max = 0.95)]
    public double Dropout { get; init; }

    [Setting("Positions: learned, sinusoidal, rope, alibi, t5 or none.")]
    public PositionKind Position { get; init; } = PositionKind.Learned;

    [Setting("A learnable scalar after the token embedding, starting at sqrt(d_model); the published recipe for DyT in LLaMA-type models.")]
    public bool EmbeddingScale { get; init; }

    [Setting("Weight initialisation: gpt2 (normal 0.02, residual projections over sqrt(2 layers)), llama (normal 0.02 everywhere) or fan_in (normal 1 / sqrt(inputs), residual projections over sqrt(2 layers)), which suits narrow models.")]
    public InitKind Init { get; init; } = InitKind.Gpt2;

    [Setting("What stands where a normalization layer would.")]
    public SiteConfig Site { get; init; } = new();

    [Setting("The residual connections: plain, or with learned scalars.")]
    public ResidualConfig Residual { get; init; } = new();

    [Setting("What an lstm or gru has of its own; others do not read it.")]
    public RnnConfig Rnn { get; init; } = new();

    [Setting("What a vit has beside its blocks; others do not read it.")]
    public VitConfig Vit { get; init; } = new();

    [Setting("What a seq2seq has beside its encoder; others do not read it.")]
    public Seq2SeqConfig Seq2seq { get; init; } = new();

    /// <summary>Heads of keys and values, resolved.</summary>
    public int EffectiveKvHeads => KvHeads ?? Heads;

    /// <summary>Whether it is made of recurrent layers: without heads, MLP and positions.</summary>
    public bool IsRecurrent => Arch is ArchKind.Lstm or ArchKind.Gru;

    /// <summary>Blocks of a seq2seq's decoder, resolved.</summary>
    public int DecoderLayers => Seq2seq.DecoderLayers ?? Layers;

    /// <summary>Hidden width of the MLP, resolved.</summary>
    public int EffectiveDFf => DFf ?? (Mlp == MlpKind.Gelu ? 4 * DModel : (8 * DModel / 3 + 63) / 64 * 64);

    /// <summary>Width of one head.</summary>
    public int HeadWidth => DModel / Heads;
}
