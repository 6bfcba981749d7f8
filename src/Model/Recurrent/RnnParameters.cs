using DyT.Config;

namespace DyT.Model;

/// <summary>The parameter table of a recurrent language model, front to back.</summary>
public static class RnnParameters
{
    public static IReadOnlyList<ParameterSpec> Table(ModelConfig model, int vocab)
    {
        var width = model.DModel;
        var table = new List<ParameterSpec> { new(Names.Embedding, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)) };
        if (model.EmbeddingScale)
            table.Add(new(Names.EmbeddingScale, [1], ParameterKind.Scale, new Initializer.Constant(Math.Sqrt(width))));
        for (var layer = 0; layer < model.Layers; layer++)
            table.AddRange(Layer(model, Names.Block(layer)));
        table.AddRange(SiteParameters.Table(Names.FinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        if (!model.TiedEmbeddings)
            table.Add(new(Names.Output, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Inits.Fixed)));
        return table;
    }

    /// <summary>Rows of a layer's projections, in multiples of the width: those of an lstm's gates (in, forget, cell, out) or a gru's (reset, update, candidate).</summary>
    internal static int GateRows(ModelConfig model) => model.Arch == ArchKind.Lstm ? 4 : 3;

    private static IEnumerable<ParameterSpec> Layer(ModelConfig model, string layer)
    {
        var (width, site) = (model.DModel, model.Site);
        var rows = GateRows(model) * width;
        // The variance of what is customary, uniform within 1 / sqrt(width).
        var std = 1 / Math.Sqrt(3.0 * width);
        return
        [
            .. SiteParameters.Table(Names.AttentionSite(layer), site.EffectiveAttention, site, site.AlphaAttention, width),
            .. Linear.Table(RnnNames.InputProjection(layer), rows, width, std, model.Bias),
            // A second bias makes a difference in a gru alone, whose reset gate stands between the two.
            .. Linear.Table(RnnNames.HiddenProjection(layer), rows, width, std, model.Bias && model.Arch == ArchKind.Gru),
            .. model.Rnn.SiteAt == RnnSitePlace.Gates ? Inner(model, layer) : [],
            .. Scalars(model.Residual, layer),
        ];
    }

    private static IEnumerable<ParameterSpec> Inner(ModelConfig model, string layer)
    {
        var (kind, site, width) = (model.Site.EffectiveFfn, model.Site, model.DModel);
        return model.Arch == ArchKind.Lstm
            ? [.. SiteParameters.Table(RnnNames.GateSite(layer), kind, site, site.AlphaOther, 4 * width), .. SiteParameters.Table(RnnNames.CellSite(layer), kind, site, site.AlphaOther, width)]
            : [.. SiteParameters.Table(RnnNames.GateSite(layer), kind, site, site.AlphaOther, 2 * width), .. SiteParameters.Table(RnnNames.CandidateSite(layer), kind, site, site.AlphaOther, width)];
    }

    /// <summary>A layer has one branch: its factor and, in the form one_plus, what is added to the skip path's.</summary>
    private static IEnumerable<ParameterSpec> Scalars(ResidualConfig residual, string layer)
    {
        if (residual.Kind == ResidualKind.Plain)
            yield break;
        yield return Scalar($"{RnnNames.Branch(layer)}.scale", residual.Init == ResidualInit.Zero ? 0 : 1);
        if (residual.Form == ResidualForm.OnePlus)
            yield return Scalar(Names.SkipScale(layer), 0);
    }

    private static ParameterSpec Scalar(string name, double value) => new(name, [1], ParameterKind.BranchScalar, new Initializer.Constant(value));
}
