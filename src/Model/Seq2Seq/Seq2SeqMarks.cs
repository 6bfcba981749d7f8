using DyT.Config;

namespace DyT.Model;

/// <summary>
/// The marks of an encoder-decoder (<see cref="GradientMarks"/>): the head, the decoder's blocks from the last (feed-forward, cross-attention, self-attention), the encoder's
/// final site, and the encoder's blocks from the last. Embeddings and positions are final when backward is over.
/// </summary>
internal static class Seq2SeqMarks
{
    public static int Ffn(ModelConfig model, int layer) => 3 * (model.DecoderLayers - layer) - 2;

    public static int Cross(ModelConfig model, int layer) => 3 * (model.DecoderLayers - layer) - 1;

    public static int Attention(ModelConfig model, int layer) => 3 * (model.DecoderLayers - layer);

    /// <summary>All blocks of the decoder have given their share to the encoder's output.</summary>
    public static int EncoderHead(ModelConfig model) => 3 * model.DecoderLayers + 1;

    /// <summary>Where block <paramref name="layer"/> of the encoder stands.</summary>
    public static BlockPlace Encoder(ModelConfig model, int layer) => new(
        Names.EncoderBlock(layer),
        EncoderHead(model) + GradientMarks.Attention(layer, model.Layers),
        EncoderHead(model) + GradientMarks.Ffn(layer, model.Layers));

    public static GradientMarks Of(ModelConfig model, FlatLayout layout)
    {
        var ofOwner = new Dictionary<string, int> { [GradientMarks.Owner(Names.Output)] = GradientMarks.Head, [Names.FinalSite] = GradientMarks.Head, [Seq2SeqParameters.EncoderFinalSite] = EncoderHead(model) };
        for (var layer = 0; layer < model.DecoderLayers; layer++)
        {
            var block = Names.Block(layer);
            Add(Ffn(model, layer), Names.FfnSite(block), Names.GateUp(block), Names.Up(block), Names.Down(block), GradientMarks.Owner(Names.FfnScale(block)));
            Add(Cross(model, layer), Names.CrossSite(block), Names.CrossQueries(block), Names.CrossKeysValues(block), Names.CrossOut(block), GradientMarks.Owner(Names.CrossScale(block)));
            Add(Attention(model, layer), Names.AttentionSite(block), Names.Qkv(block), Names.AttentionOut(block), GradientMarks.Owner(Names.AttentionScale(block)), GradientMarks.Owner(Names.SkipScale(block)));
        }

        for (var layer = 0; layer < model.Layers; layer++)
        {
            var place = Encoder(model, layer);
            Add(place.FfnMark, Names.FfnSite(place.Name), Names.GateUp(place.Name), Names.Up(place.Name), Names.Down(place.Name), GradientMarks.Owner(Names.FfnScale(place.Name)));
            Add(place.AttentionMark, Names.AttentionSite(place.Name), Names.Qkv(place.Name), Names.AttentionOut(place.Name), GradientMarks.Owner(Names.AttentionScale(place.Name)), GradientMarks.Owner(Names.SkipScale(place.Name)));
        }

        var end = Encoder(model, 0).AttentionMark + 1;
        return new GradientMarks(end, [.. layout.Entries.Select(entry => ofOwner.GetValueOrDefault(GradientMarks.Owner(entry.Spec.Name), end))]);

        void Add(int mark, params string[] owners)
        {
            foreach (var owner in owners)
                ofOwner.Add(owner, mark);
        }
    }
}
