using DyT.Config;

namespace DyT.Model;

/// <summary>The parameter table of a GPT-style decoder, front to back.</summary>
public static class GptParameters
{
    internal const double Std = 0.02; // GPT-2's and LLaMA's

    public static IReadOnlyList<ParameterSpec> Table(ModelConfig model, int vocab)
    {
        var width = model.DModel;
        var table = new List<ParameterSpec> { new(Names.Embedding, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Std)) };
        if (model.Position == PositionKind.Learned)
            table.Add(new(Names.Positions, [model.Block, width], ParameterKind.Embedding, new Initializer.Normal(Std)));
        if (model.Position == PositionKind.T5)
            table.Add(new(Names.PositionBias, [T5Buckets.Count, model.Heads], ParameterKind.PositionBias, new Initializer.Normal(Std)));
        if (model.EmbeddingScale)
            table.Add(new(Names.EmbeddingScale, [1], ParameterKind.Scale, new Initializer.Constant(Math.Sqrt(width))));

        for (var layer = 0; layer < model.Layers; layer++)
            table.AddRange(TransformerBlock.Table(model, Names.Block(layer), Std, ResidualStd(model)));

        table.AddRange(SiteParameters.Table(Names.FinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        if (!model.TiedEmbeddings)
            table.Add(new(Names.Output, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Std)));
        return table;
    }

    /// <summary>GPT-2 shrinks what is added to the residual stream by the number of additions.</summary>
    internal static double ResidualStd(ModelConfig model) => model.Init == InitKind.Gpt2 ? Std / Math.Sqrt(2.0 * model.Layers) : Std;
}
