using System.CommandLine;

namespace DyT.Cli.Commands;

/// <summary><c>dyt trace RUN</c>.</summary>
public static class TraceCommand
{
    public static Command Create(Func<string, int> run)
    {
        var reference = CommonOptions.Run();
        var command = new Command("trace", "Join what workers recorded with --trace to one file for Perfetto or chrome://tracing ('dyt train --profile' does it by itself).") { reference };
        command.SetAction(parse => run(parse.GetRequiredValue(reference)));
        return command;
    }
}
