using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="Best">Its best checkpoint instead of the newest.</param>
/// <param name="File">A text file in place of the run's validation data; null: these.</param>
/// <param name="Block">Tokens per sequence; null: as in training.</param>
public sealed record EvalOptions(string Run, bool Best, string? File = null, int? Block = null);

/// <summary><c>dyt eval RUN</c>.</summary>
public static class EvalCommand
{
    private const int MaxBlock = 1 << 20;

    public static Command Create(Func<EvalOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var best = CommonOptions.Best();
        var file = new Option<string?>("--file") { Description = "Text file (UTF-8) to evaluate a language model on, instead of the run's validation text.", HelpName = "FILE" };
        var block = new Option<int?>("--block") { Description = "Tokens per sequence; other than in training: how a language model does with shorter or longer texts.", HelpName = "N" };
        block.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int?>() is < 1 or > MaxBlock)
                result.AddError($"--block must be between 1 and {MaxBlock}.");
        });
        var command = new Command("eval", "Validation loss of a run's weights over the whole validation text.") { reference, best, file, block };
        command.SetAction(parse => run(new EvalOptions(parse.GetRequiredValue(reference), parse.GetValue(best), parse.GetValue(file), parse.GetValue(block))));
        return command;
    }
}
