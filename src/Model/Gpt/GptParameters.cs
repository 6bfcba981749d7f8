using DyT.Config;

namespace DyT.Model;

/// <summary>The parameter table of a GPT-style decoder, front to back.</summary>
public static class GptParameters
{
    public static IReadOnlyList<ParameterSpec> Table(ModelConfig model, int vocab)
    {
        var width = model.DModel;
        var table = new List<ParameterSpec> { new(Names.Embedding, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)) };
        if (model.Position == PositionKind.Learned)
            table.Add(new(Names.Positions, [model.Block, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
        if (model.Position == PositionKind.T5)
            table.Add(new(Names.PositionBias, [T5Buckets.Count, model.Heads], ParameterKind.PositionBias, new Initializer.Normal(Inits.Fixed)));
        if (model.EmbeddingScale)
            table.Add(new(Names.EmbeddingScale, [1], ParameterKind.Scale, new Initializer.Constant(Math.Sqrt(width))));

        for (var layer = 0; layer < model.Layers; layer++)
            table.AddRange(TransformerBlock.Table(model, Names.Block(layer), additions: 2 * model.Layers));

        table.AddRange(SiteParameters.Table(Names.FinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        if (!model.TiedEmbeddings)
            table.Add(new(Names.Output, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
        return table;
    }
}
