using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
public sealed record ExportOptions(string Run, string Out, bool Best);

/// <summary><c>dyt export RUN --out FILE</c>.</summary>
public static class ExportCommand
{
    public static Command Create(Func<ExportOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var output = new Option<string>("--out") { Description = "File to write (.safetensors).", HelpName = "FILE", Required = true };
        var best = CommonOptions.Best();
        var command = new Command("export", "Write a run's weights alone as one safetensors file, under LLaMA-like names.") { reference, output, best };
        command.SetAction(parse => run(new ExportOptions(parse.GetRequiredValue(reference), parse.GetRequiredValue(output), parse.GetValue(best))));
        return command;
    }
}
