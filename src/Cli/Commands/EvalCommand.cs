using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="Best">Its best checkpoint instead of the newest.</param>
/// <param name="Decoding">How a seq2seq run translates what was kept aside; others do not read it.</param>
/// <param name="File">A text file in place of the run's validation data; null: these.</param>
/// <param name="Block">Tokens per sequence; null: as in training.</param>
public sealed record EvalOptions(string Run, bool Best, DecodingFlags Decoding, string? File = null, int? Block = null);

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
        var (decoding, read) = DecodingFlags.Create();
        var command = new Command("eval", "Loss and scores of a run's weights over all of the validation data; of a translator also BLEU and chrF of what was kept aside.") { reference, best, file, block };
        foreach (var option in decoding)
            command.Options.Add(option);
        command.SetAction(parse => run(new EvalOptions(parse.GetRequiredValue(reference), parse.GetValue(best), read(parse), parse.GetValue(file), parse.GetValue(block))));
        return command;
    }
}
