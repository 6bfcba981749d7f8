using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
public sealed record EvalOptions(string Run, bool Best);

/// <summary><c>dyt eval RUN</c>.</summary>
public static class EvalCommand
{
    public static Command Create(Func<EvalOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var best = CommonOptions.Best();
        var command = new Command("eval", "Validation loss of a run's weights over the whole validation text.") { reference, best };
        command.SetAction(parse => run(new EvalOptions(parse.GetRequiredValue(reference), parse.GetValue(best))));
        return command;
    }
}
