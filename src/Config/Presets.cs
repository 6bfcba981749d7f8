namespace DyT.Config;

/// <summary>A built-in model.</summary>
/// <param name="Name">What <c>model.preset</c> says.</param>
/// <param name="Description">One line for people.</param>
/// <param name="Model">Every value of the model's section, <c>preset</c> itself included.</param>
public sealed record ModelPreset(string Name, string Description, ModelConfig Model);

/// <summary>
/// The built-in models, as a table. GPT types have sites as in the published DyT recipe for models that are no LLMs
/// (alpha 0.5, with beta). LLaMA types follow its LLM recipe (arXiv 2503.10622): no beta, a learnable embedding scale, and a
/// start of alpha by width. Sizes of the originals: GPT-2 report (2019), arXiv 2302.13971, 2307.09288, 2308.12950, 2401.02385.
/// </summary>
public static class Presets
{
    // Published starts of alpha: width, attention sites, other sites. Depth does not matter.
    private static readonly (int Width, double Attention, double Other)[] PublishedAlpha =
    [
        (1024, 1.0, 1.0),
        (2048, 1.0, 0.5),
        (4096, 0.8, 0.2),
        (8192, 0.2, 0.05),
    ];

    private static readonly ModelPreset[] Table =
    [
        //  name          layers heads width block  vocab (null: the tokenizer's)
        Gpt("gpt-nano",        3,  3,   48,   64, null, "Smallest GPT, for tests of a set-up: seconds on a laptop."),
        Gpt("gpt-tiny",        4,  4,  128,   64, null, "nanoGPT's setting for character models on a CPU, 0.8M parameters."),
        Gpt("gpt-10m",         6,  6,  384,  256, null, "nanoGPT's setting for character models on one GPU, 10.6M parameters."),
        Gpt2("gpt2-124m",     12, 12,  768, "GPT-2 small, 124M parameters; vocabulary padded to a multiple of 64."),
        Gpt2("gpt2-350m",     24, 16, 1024, "GPT-2 medium, 354M parameters."),
        Gpt2("gpt2-774m",     36, 20, 1280, "GPT-2 large, 774M parameters."),
        Gpt2("gpt2-1558m",    48, 25, 1600, "GPT-2 XL, 1558M parameters."),
        //  name          layers heads kv width  d_ff  block
        Llama("llama-1b",     22, 32,  4, 2048,  5632, 2048, "LLaMA type of TinyLlama's size, 1.1B parameters, DyT sites."),
        Llama("llama-7b",     32, 32, 32, 4096, 11008, 4096, "LLaMA 2 7B's size, DyT sites."),
        Llama("llama-13b",    40, 40, 40, 5120, 13824, 4096, "LLaMA 2 13B's size, DyT sites."),
        Llama("llama-34b",    48, 64,  8, 8192, 22016, 4096, "Code Llama 34B's size, DyT sites."),
        Llama("llama-70b",    80, 64,  8, 8192, 28672, 4096, "LLaMA 2 70B's size, DyT sites."),
    ];

    /// <summary>All names, from small to large within a family.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Table.Select(preset => preset.Name)];

    /// <summary>The preset of that name; null where there is none.</summary>
    public static ModelPreset? Find(string name) => Array.Find(Table, preset => preset.Name == name);

    private static ModelPreset Gpt(string name, int layers, int heads, int width, int block, int? vocab, string description) =>
        new(name, description, new ModelConfig
        {
            Preset = name,
            Layers = layers,
            Heads = heads,
            DModel = width,
            Block = block,
            Vocab = vocab,
            Mlp = MlpKind.Gelu,
            Bias = false,
            TiedEmbeddings = true,
            Position = PositionKind.Learned,
            Init = InitKind.Gpt2,
        });

    private static ModelPreset Gpt2(string name, int layers, int heads, int width, string description)
    {
        var preset = Gpt(name, layers, heads, width, block: 1024, vocab: 50304, description);
        return preset with { Model = preset.Model with { Bias = true } };
    }

    private static ModelPreset Llama(string name, int layers, int heads, int kvHeads, int width, int ff, int block, string description)
    {
        // Between published widths the nearest one's values stand (5120 takes those of 4096).
        var alpha = PublishedAlpha.MinBy(row => Math.Abs(row.Width - width));
        return new(name, description, new ModelConfig
        {
            Preset = name,
            Layers = layers,
            Heads = heads,
            KvHeads = kvHeads,
            DModel = width,
            DFf = ff,
            Block = block,
            Vocab = 32000,
            Mlp = MlpKind.Swiglu,
            Bias = false,
            TiedEmbeddings = false,
            Position = PositionKind.Rope,
            EmbeddingScale = true,
            Init = InitKind.Llama,
            Site = new SiteConfig { Kind = SiteKind.Dyt, Beta = false, AlphaAttention = alpha.Attention, AlphaOther = alpha.Other },
        });
    }
}
