using DyT.Config;

namespace DyT.Model;

/// <summary>Makes the network that a configuration and the data's shape describe.</summary>
public static class Networks
{
    /// <summary>The network's parameters, front to back: the single truth about its shape.</summary>
    public static IReadOnlyList<ParameterSpec> Table(ModelConfig model, DataShape shape) => (model.Arch, shape) switch
    {
        (ArchKind.Gpt, TextShape text) => GptParameters.Table(model, text.Vocab),
        (ArchKind.Lstm or ArchKind.Gru, TextShape text) => RnnParameters.Table(model, text.Vocab),
        (ArchKind.Vit, ImagesShape images) => VitParameters.Table(model, images),
        (ArchKind.Seq2seq, PairShape pairs) => Seq2SeqParameters.Table(model, pairs),
        _ => throw new ArgumentException($"{model.Arch} does not learn from {shape}", nameof(shape)),
    };

    /// <param name="model">The architecture.</param>
    /// <param name="train">How it is trained: what is computed again, label smoothing.</param>
    /// <param name="shape">The data's.</param>
    /// <param name="parameters">Its weights; they outlive the network.</param>
    public static INetwork Create(ModelConfig model, TrainConfig train, DataShape shape, ParameterSet parameters) => (model.Arch, shape) switch
    {
        (ArchKind.Gpt, TextShape) => new GptModel(model, parameters, train.Recompute),
        (ArchKind.Lstm or ArchKind.Gru, TextShape) => new RnnModel(model, parameters, train.Recompute),
        (ArchKind.Vit, ImagesShape images) => new VitModel(model, images, parameters, train.Recompute, train.LabelSmoothing),
        (ArchKind.Seq2seq, PairShape pairs) => new Seq2SeqModel(model, pairs, parameters, train.Recompute, train.LabelSmoothing),
        _ => throw new ArgumentException($"{model.Arch} does not learn from {shape}", nameof(shape)),
    };

    /// <summary>The scalars worth a look while it trains: those of the sites and of the branches, by the name of what they belong to, and the parameters that hold them.</summary>
    public static IReadOnlyList<(string Name, string Parameter)> Scalars(FlatLayout layout) =>
    [
        .. layout.Entries
            .Where(e => e.Spec.Kind == ParameterKind.BranchScalar || e.Spec.Name.EndsWith(".alpha", StringComparison.Ordinal))
            .Select(e => (e.Spec.Name[..e.Spec.Name.LastIndexOf('.')], e.Spec.Name)),
    ];
}
