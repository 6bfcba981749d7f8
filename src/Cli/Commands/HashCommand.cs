using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
public sealed record HashOptions(string Run, bool Best);

/// <summary><c>dyt hash RUN</c>: equal hashes mean equal weights, bit for bit.</summary>
public static class HashCommand
{
    public static Command Create(Func<HashOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var best = CommonOptions.Best();
        var command = new Command("hash", "SHA-256 of the weights of a checkpoint.") { reference, best };
        command.SetAction(parse => run(new HashOptions(parse.GetRequiredValue(reference), parse.GetValue(best))));
        return command;
    }
}
