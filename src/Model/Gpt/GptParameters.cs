using DyT.Config;

namespace DyT.Model;

/// <summary>The parameter table of a GPT-style decoder, front to back.</summary>
public static class GptParameters
{
    private const double Std = 0.02; // GPT-2's and LLaMA's

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

        // GPT-2 shrinks what is added to the residual stream by the number of additions.
        var residualStd = model.Init == InitKind.Gpt2 ? Std / Math.Sqrt(2.0 * model.Layers) : Std;
        for (var layer = 0; layer < model.Layers; layer++)
        {
            table.AddRange(SiteParameters.Table(Names.AttentionSite(layer), model.Site.EffectiveAttention, model.Site, model.Site.AlphaAttention, width));
            Linear(table, Names.Qkv(layer), (model.Heads + 2 * model.EffectiveKvHeads) * model.HeadWidth, width, Std, model.Bias);
            Linear(table, Names.AttentionOut(layer), width, width, residualStd, model.Bias);
            table.AddRange(SiteParameters.Table(Names.FfnSite(layer), model.Site.EffectiveFfn, model.Site, model.Site.AlphaOther, width));
            if (model.Mlp == MlpKind.Swiglu)
                Linear(table, Names.GateUp(layer), 2 * model.EffectiveDFf, width, Std, model.Bias);
            else
                Linear(table, Names.Up(layer), model.EffectiveDFf, width, Std, model.Bias);
            Linear(table, Names.Down(layer), width, model.EffectiveDFf, residualStd, model.Bias);
        }

        table.AddRange(SiteParameters.Table(Names.FinalSite, model.Site.EffectiveFinal, model.Site, model.Site.AlphaOther, width));
        if (!model.TiedEmbeddings)
            table.Add(new(Names.Output, [vocab, width], ParameterKind.Embedding, new Initializer.Normal(Std)));
        return table;
    }

    private static void Linear(List<ParameterSpec> table, string name, int outputs, int inputs, double std, bool bias)
    {
        table.Add(new($"{name}.weight", [outputs, inputs], ParameterKind.Matrix, new Initializer.Normal(std)));
        if (bias)
            table.Add(new($"{name}.bias", [outputs], ParameterKind.Bias, new Initializer.Constant(0)));
    }
}
