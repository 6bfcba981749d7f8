using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Views;
using DyT.Collectives;
using DyT.Config;
using DyT.Data;
using DyT.Training.Evaluation;
using DyT.Training.Runs;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt eval</c>: loss over all of the validation text, in this process.</summary>
internal static class EvalAction
{
    public static int Run(EvalOptions options, IAnsiConsole console, Action<string> log)
    {
        using var run = TrainedRun.Open(options.Run, log, options.Best);
        var config = run.Config;
        var data = DataPreparer.Prepare(config.Data, config.Seed, config.Model.Block, log, CancellationToken.None);
        if (data.ContentHash != run.Checkpoint.State.DataHash)
            throw new UserErrorException($"{config.Data.Source}: not the data that {run.Checkpoint.Path} was trained on, it has changed since; restore it to evaluate.");

        using var shard = TokenShard.Open(data.ValShard, run.Tokenizer.VocabHash);
        var evaluator = new Evaluator(config.Train with { EvalBatches = 0 }, config.Model.Block, shard);
        using var alone = new LocalCollective(new GenerationPlan("eval", 1, 1, [new GenerationMember("eval", "localhost", 0, new ShardRange(0, 1))]));
        var loss = evaluator.Run(run.Model, alone);

        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("what").AddColumn("value");
        table.AddRow("checkpoint", Markup.Escape(run.Checkpoint.Path));
        table.AddRow("validation loss", Format.Loss(loss));
        table.AddRow("perplexity", Math.Exp(loss).ToString("0.000", CultureInfo.InvariantCulture));
        table.AddRow("bits per byte", (loss / Math.Log(2) / data.ValBytesPerToken).ToString("0.0000", CultureInfo.InvariantCulture));
        table.AddRow("tokens", evaluator.Tokens.ToString(CultureInfo.InvariantCulture));
        console.Write(table);
        return 0;
    }
}
