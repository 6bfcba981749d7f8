using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Model;
using DyT.Training.Data;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt model show | list</c>.</summary>
internal static class ModelActions
{
    private const int Gpt2Vocab = 50257;

    public static int Show(ModelShowOptions options, IAnsiConsole console, Action<string> log)
    {
        var config = ConfigLoader.LoadFile(options.Config, options.Overrides);
        var model = config.Model;
        var shape = ShapeOf(config, log);
        var cost = ModelCost.Of(model, shape);
        var shards = (config.Train.MicroShards + config.Cluster.Workers - 1) / config.Cluster.Workers;
        var memory = WorkerMemory.Of(config, shape, shards);

        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("what").AddColumn("value");
        (string, string)[] rows =
        [
            .. model.IsRecurrent ? Recurrent(model) : Attending(model),
            Shape(model, shape),
            ("parameters", Text($"{cost.Parameters} ({Format.Count(cost.Parameters)})")),
            ("FLOPs per token, forward", Format.Count(cost.ForwardFlopsPerToken)),
            ("FLOPs per token, training", Format.Count(cost.TrainingFlopsPerToken)),
            ("FLOPs per step", Format.Count(cost.TrainingFlopsPerToken * config.Train.GlobalBatch * shape.TokensPerSample(model))),
            ("memory per worker, about", Text($"{Format.Bytes(memory.Total)} with {shards} micro-shards{(config.Optimizer.Sharding == OptimizerSharding.Zero1 ? $", one of {config.Cluster.Workers} workers" : "")}")),
            ("  weights", Format.Bytes(memory.Weights)),
            ("  gradients", Format.Bytes(memory.Gradients)),
            ("  partial sums", Format.Bytes(memory.PartialSums)),
            ("  optimizer state", Format.Bytes(memory.OptimizerState)),
            ("  copy for checkpoints", Format.Bytes(memory.CheckpointCopy)),
            ("  activations", Format.Bytes(memory.Activations)),
        ];
        foreach (var (name, value) in rows)
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        console.Write(table);
        return 0;
    }

    public static int List(IAnsiConsole console)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumns("model.preset", "what");
        foreach (var name in Presets.Names)
            table.AddRow(Markup.Escape(name), Markup.Escape(Presets.Find(name)!.Description));
        console.Write(table);
        return 0;
    }

    // What comes from the data, only the data can tell.
    private static DataShape ShapeOf(RunConfig config, Action<string> log)
    {
        var known = (config.Model.Arch, config.Model.Vocab, config.Data.Tokenizer.Kind) switch
        {
            (ArchKind.Gpt or ArchKind.Lstm or ArchKind.Gru, { } vocab, _) => vocab,
            (ArchKind.Gpt or ArchKind.Lstm or ArchKind.Gru, _, TokenizerKind.Bytes) => 256,
            (ArchKind.Gpt or ArchKind.Lstm or ArchKind.Gru, _, TokenizerKind.Gpt2) => Gpt2Vocab,
            _ => (int?)null,
        };
        if (known is { } tokens)
            return new TextShape(tokens);
        using var data = SessionData.Open(config, log);
        return data.Shape;
    }

    private static (string, string)[] Attending(ModelConfig model) =>
    [
        ("layers, heads, width", Text($"{model.Layers}, {model.Heads} ({model.EffectiveKvHeads} of keys and values), {model.DModel}")),
        ("hidden width of the MLP", Text($"{model.EffectiveDFf} ({Word(model.Mlp)})")),
        ("sites", $"{Word(model.Site.EffectiveAttention)} (attention), {Word(model.Site.EffectiveFfn)} (MLP), {Word(model.Site.EffectiveFinal)} (final)"),
        ("positions", Word(model.Position)),
    ];

    private static (string, string)[] Recurrent(ModelConfig model) =>
    [
        ("layers, width", Text($"{model.Layers} ({Word(model.Arch)}), {model.DModel}")),
        ("sites", $"{Word(model.Site.EffectiveAttention)} (inputs), {(model.Rnn.SiteAt == RnnSitePlace.Gates ? Word(model.Site.EffectiveFfn) : "none")} (gates), {Word(model.Site.EffectiveFinal)} (final)"),
    ];

    private static (string, string) Shape(ModelConfig model, DataShape shape) => shape switch
    {
        TextShape text => ("block, vocabulary", Text($"{model.Block}, {text.Vocab}")),
        ImagesShape images => ("images, classes, patches", Text($"{images.Channels} x {images.Size} x {images.Size}, {images.Classes}, {images.Patches(model)} of {model.Vit.Patch} x {model.Vit.Patch}")),
        PairShape pairs => ("block, vocabulary", Text($"{model.Block}, {pairs.SourceVocab} of sources, {pairs.TargetVocab} of targets{(pairs.Shared ? ", shared" : "")}; {pairs.MeanTokens} tokens a pair")),
        _ => ("data", shape.ToString()),
    };

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
