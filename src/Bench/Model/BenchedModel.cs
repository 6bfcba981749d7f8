using DyT.Config;

namespace DyT.Bench;

/// <summary>A model and a batch whose speed is measured.</summary>
/// <param name="Name">What <c>--model</c> says.</param>
/// <param name="Preset">The built-in model; its block is replaced by <paramref name="Length"/>.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Length">Tokens of each.</param>
/// <param name="Vocab">Tokens that there are, where the preset leaves that to the tokenizer.</param>
public sealed record BenchedModel(string Name, string Preset, int Batch, int Length, int Vocab)
{
    private const int Bytes = 256;
    private const int Gpt2 = 50304;

    /// <summary>GPT-2 small at two lengths; the model of <c>configs/gpt-10m.yaml</c>.</summary>
    public static IReadOnlyList<BenchedModel> All { get; } =
    [
        new("gpt2-t64", "gpt2-124m", 4, 64, Gpt2),
        new("gpt2-t256", "gpt2-124m", 4, 256, Gpt2),
        new("gpt-10m", "gpt-10m", 4, 256, Bytes),
    ];

    public int Tokens => Batch * Length;

    /// <summary>The run that a step of this model belongs to: one micro-shard, AdamW, gradients clipped.</summary>
    public RunConfig Run(ProductKind products) => new()
    {
        Model = Presets.Find(Preset)!.Model with { Block = Length, Vocab = Vocab },
        Train = new TrainConfig { GlobalBatch = Batch, MicroBatch = Batch, Products = products },
    };

    /// <summary>The models of that name, all for null.</summary>
    public static IReadOnlyList<BenchedModel> Named(string? name)
    {
        if (name is null)
            return All;
        var found = All.Where(m => m.Name == name).ToList();
        return found.Count > 0 ? found : throw new UserErrorException($"there is no model '{name}' in this bench: choose one of {string.Join(", ", All.Select(m => m.Name))}");
    }
}
