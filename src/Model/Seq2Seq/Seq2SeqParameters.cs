using DyT.Config;

namespace DyT.Model;

/// <summary>The parameter table of an encoder-decoder, front to back.</summary>
internal static class Seq2SeqParameters
{
    public const string EncoderFinalSite = $"{Names.Encoder}.norm";
    public const string EncoderEmbedding = $"{Names.Encoder}.embed_tokens.weight";
    public const string EncoderScale = $"{Names.Encoder}.embed_scale";
    public const string EncoderPositions = $"{Names.Encoder}.embed_positions.weight";
    public const string EncoderPositionBias = $"{Names.Encoder}.position_bias.weight";

    /// <summary>Whether source and target tokens have one table of embeddings.</summary>
    public static bool SharesEmbeddings(ModelConfig model, PairShape pairs) => pairs.Shared && model.Seq2seq.ShareEmbeddings;

    public static IReadOnlyList<ParameterSpec> Table(ModelConfig model, PairShape pairs)
    {
        var width = model.DModel;
        var table = new List<ParameterSpec>();
        if (!SharesEmbeddings(model, pairs))
            table.AddRange(Embedding(model, EncoderEmbedding, EncoderScale, pairs.SourceVocab));
        table.AddRange(Embedding(model, Names.Embedding, Names.EmbeddingScale, pairs.TargetVocab));
        foreach (var (positions, bias) in new[] { (EncoderPositions, EncoderPositionBias), (Names.Positions, Names.PositionBias) })
        {
            if (model.Position == PositionKind.Learned)
                table.Add(new(positions, [model.Block, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
            if (model.Position == PositionKind.T5)
                table.Add(new(bias, [T5Buckets.Count, model.Heads], ParameterKind.PositionBias, new Initializer.Normal(Inits.Fixed)));
        }

        for (var layer = 0; layer < model.Layers; layer++)
            table.AddRange(TransformerBlock.Table(model, Names.EncoderBlock(layer), additions: 2 * model.Layers));
        table.AddRange(SiteParameters.Table(EncoderFinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        for (var layer = 0; layer < model.DecoderLayers; layer++)
            table.AddRange(DecoderBlock.Table(model, layer, additions: 3 * model.DecoderLayers));
        table.AddRange(SiteParameters.Table(Names.FinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        if (!model.TiedEmbeddings)
            table.Add(new(Names.Output, [pairs.TargetVocab, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
        return table;
    }

    private static IEnumerable<ParameterSpec> Embedding(ModelConfig model, string name, string scale, int vocab)
    {
        yield return new(name, [vocab, model.DModel], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed));
        if (model.EmbeddingScale)
            yield return new(scale, [1], ParameterKind.Scale, new Initializer.Constant(Math.Sqrt(model.DModel)));
    }
}
