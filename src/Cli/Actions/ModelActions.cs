using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Data;
using DyT.Model;
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
        var vocab = VocabOf(config, log);
        var cost = ModelCost.Of(model, vocab);
        var shards = (config.Train.MicroShards + config.Cluster.Workers - 1) / config.Cluster.Workers;
        var memory = WorkerMemory.Of(config, vocab, shards);

        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("what").AddColumn("value");
        (string, string)[] rows =
        [
            ("layers, heads, width", Text($"{model.Layers}, {model.Heads} ({model.EffectiveKvHeads} of keys and values), {model.DModel}")),
            ("hidden width of the MLP", Text($"{model.EffectiveDFf} ({Word(model.Mlp)})")),
            ("block, vocabulary", Text($"{model.Block}, {vocab}")),
            ("sites", $"{Word(model.Site.EffectiveAttention)} (attention), {Word(model.Site.EffectiveFfn)} (MLP), {Word(model.Site.EffectiveFinal)} (final)"),
            ("positions", Word(model.Position)),
            ("parameters", Text($"{cost.Parameters} ({Format.Count(cost.Parameters)})")),
            ("FLOPs per token, forward", Format.Count(cost.ForwardFlopsPerToken)),
            ("FLOPs per token, training", Format.Count(cost.TrainingFlopsPerToken)),
            ("FLOPs per step", Format.Count(cost.TrainingFlopsPerToken * config.Train.GlobalBatch * model.Block)),
            ("memory per worker, about", Text($"{Format.Bytes(memory.Total)} with {shards} micro-shards")),
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

    // Where the vocabulary comes from the text, only the text can tell its size.
    private static int VocabOf(RunConfig config, Action<string> log) => (config.Model.Vocab, config.Data.Tokenizer.Kind) switch
    {
        ({ } vocab, _) => vocab,
        (_, TokenizerKind.Bytes) => 256,
        (_, TokenizerKind.Gpt2) => Gpt2Vocab,
        _ => DataPreparer.Prepare(config.Data, config.Seed, config.Model.Block, log, CancellationToken.None).Tokenizer.VocabSize,
    };

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
