using System.CommandLine;

namespace DyT.Cli.Commands;

/// <summary><c>dyt status RUN</c> and <c>dyt drain RUN WORKER</c>: a look at, and a hand in, a run that is going on.</summary>
public static class ClusterCommands
{
    /// <param name="run">Gets the run's folder and whether JSON is wanted.</param>
    public static Command Status(Func<string, bool, int> run)
    {
        var folder = CommonOptions.Run();
        var json = new Option<bool>("--json") { Description = "For programs." };
        var command = new Command("status", "What a run does just now: its generation, its workers, who waits for whom.") { folder, json };
        command.SetAction(parse => run(parse.GetRequiredValue(folder), parse.GetValue(json)));
        return command;
    }

    /// <param name="run">Gets the run's folder and the worker's name.</param>
    public static Command Drain(Func<string, string, int> run)
    {
        var folder = CommonOptions.Run();
        var worker = new Argument<string>("WORKER") { Description = "Name of the worker, such as w1." };
        var command = new Command("drain", "Let a worker finish the step and leave; nothing is redone.") { folder, worker };
        command.SetAction(parse => run(parse.GetRequiredValue(folder), parse.GetRequiredValue(worker)));
        return command;
    }
}
