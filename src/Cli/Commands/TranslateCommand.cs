using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="Text">One text; null: the lines of <paramref name="File"/>.</param>
/// <param name="File">A file; "-": standard input.</param>
public sealed record TranslateOptions(string Run, string? Text, string? File, DecodingFlags Decoding, bool Best);

/// <summary><c>dyt translate RUN --text T | --file F</c>.</summary>
public static class TranslateCommand
{
    public static Command Create(Func<TranslateOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var text = new Option<string?>("--text") { Description = "The text to translate.", HelpName = "TEXT" };
        var file = new Option<string?>("--file") { Description = "A file whose lines are translated one by one; -: standard input.", HelpName = "FILE" };
        var best = CommonOptions.Best();
        var (decoding, read) = DecodingFlags.Create();
        var command = new Command("translate", "Translations by a trained seq2seq run, one line for each text.") { reference, text, file, best };
        foreach (var option in decoding)
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetValue(text) is null == result.GetValue(file) is null)
                result.AddError("Give either --text or --file.");
        });
        command.SetAction(parse => run(new TranslateOptions(parse.GetRequiredValue(reference), parse.GetValue(text), parse.GetValue(file), read(parse), parse.GetValue(best))));
        return command;
    }
}
