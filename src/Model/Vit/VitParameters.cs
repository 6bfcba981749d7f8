using DyT.Config;

namespace DyT.Model;

/// <summary>The parameter table of a vision transformer, front to back.</summary>
internal static class VitParameters
{
    public const string PatchEmbedding = "model.patch_embed";
    public const string ClassToken = "model.class_token.weight";

    public static IReadOnlyList<ParameterSpec> Table(ModelConfig model, ImagesShape images)
    {
        var (width, inputs) = (model.DModel, images.Channels * model.Vit.Patch * model.Vit.Patch);
        var table = new List<ParameterSpec>();
        table.AddRange(Linear.Table(PatchEmbedding, width, inputs, Inits.Std(model, inputs), bias: true));
        if (model.Vit.Pool == PoolKind.Class)
            table.Add(new(ClassToken, [width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
        if (model.Position == PositionKind.Learned)
            table.Add(new(Names.Positions, [images.TokensPerSample(model), width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
        for (var layer = 0; layer < model.Layers; layer++)
            table.AddRange(TransformerBlock.Table(model, Names.Block(layer), additions: 2 * model.Layers));
        table.AddRange(SiteParameters.Table(Names.FinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        table.AddRange(Linear.Table(Names.Classifier, images.Classes, width, Inits.Std(model, width), bias: true));
        return table;
    }
}
