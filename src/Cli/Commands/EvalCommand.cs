using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="Decoding">How a seq2seq run translates what was kept aside; others do not read it.</param>
public sealed record EvalOptions(string Run, bool Best, DecodingFlags Decoding);

/// <summary><c>dyt eval RUN</c>.</summary>
public static class EvalCommand
{
    public static Command Create(Func<EvalOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var best = CommonOptions.Best();
        var (decoding, read) = DecodingFlags.Create();
        var command = new Command("eval", "Loss and scores of a run's weights over all of the validation data; of a translator also BLEU and chrF of what was kept aside.") { reference, best };
        foreach (var option in decoding)
            command.Options.Add(option);
        command.SetAction(parse => run(new EvalOptions(parse.GetRequiredValue(reference), parse.GetValue(best), read(parse))));
        return command;
    }
}
