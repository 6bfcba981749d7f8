using DyT.Config;

namespace DyT.Model;

/// <summary>
/// When in backward each parameter's gradient is final. Backward passes rising marks: at <see cref="Head"/> what stands behind the last block is done, then,
/// block by block from the last, its feed-forward half and its attention half (a recurrent layer is one half, the latter). What the blocks share, and what stands before them (embedding, positions),
/// is final only when backward is over.
/// </summary>
/// <param name="End">After all marks: backward is over.</param>
/// <param name="OfEntries">For each of the layout's entries, in order, the mark at which it is final; <see cref="End"/> when there is none.</param>
public sealed record GradientMarks(int End, IReadOnlyList<int> OfEntries)
{
    /// <summary>The mark behind the last block.</summary>
    public const int Head = 0;

    public static GradientMarks Of(ModelConfig model, FlatLayout layout)
    {
        if (model.Arch == ArchKind.Seq2seq)
            return Seq2SeqMarks.Of(model, layout);

        // With tied embeddings there is no Output: the embedding's gradient gets its last part at the very end.
        var ofOwner = new Dictionary<string, int> { [Owner(Names.Output)] = Head, [Names.FinalSite] = Head, [Names.Classifier] = Head };
        for (var layer = 0; layer < model.Layers; layer++)
        {
            var block = Names.Block(layer);
            foreach (var owner in (string[])[Names.FfnSite(block), Names.GateUp(block), Names.Up(block), Names.Down(block), Owner(Names.FfnScale(block))])
                ofOwner.Add(owner, Ffn(layer, model.Layers));
            foreach (var owner in (string[])[Names.AttentionSite(block), Names.Qkv(block), Names.AttentionOut(block), Owner(Names.AttentionScale(block)), Owner(Names.SkipScale(block))])
                ofOwner.Add(owner, Attention(layer, model.Layers));
            foreach (var owner in RnnNames.Owners(block))
                ofOwner.Add(owner, Attention(layer, model.Layers));
        }

        var end = Attention(0, model.Layers) + 1;
        return new GradientMarks(end, [.. layout.Entries.Select(entry => ofOwner.GetValueOrDefault(Owner(entry.Spec.Name), end))]);
    }

    /// <summary>The mark at which the feed-forward half of block <paramref name="layer"/> (from 0, of <paramref name="layers"/>) is done.</summary>
    public static int Ffn(int layer, int layers) => 2 * (layers - layer) - 1;

    /// <summary>The mark at which the attention half, and so the whole block, is done.</summary>
    public static int Attention(int layer, int layers) => 2 * (layers - layer);

    /// <summary>What a parameter belongs to: its name without the last part.</summary>
    internal static string Owner(string parameter) => parameter[..parameter.LastIndexOf('.')];
}
