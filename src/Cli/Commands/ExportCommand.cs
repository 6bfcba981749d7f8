using System.CommandLine;

namespace DyT.Cli.Commands;

public enum WeightNames { Llama, Gpt2 }

/// <param name="Run">A run or a checkpoint.</param>
public sealed record ExportOptions(string Run, string Out, WeightNames Names, bool Best);

/// <summary><c>dyt export RUN --out FILE</c>.</summary>
public static class ExportCommand
{
    public static Command Create(Func<ExportOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var output = new Option<string>("--out") { Description = "File to write (.safetensors).", HelpName = "FILE", Required = true };
        var names = new Option<WeightNames>("--names") { Description = "Whose names the tensors get: llama or gpt2.", HelpName = "llama|gpt2" };
        var best = CommonOptions.Best();
        var command = new Command("export", "Write a run's weights alone as one safetensors file.") { reference, output, names, best };
        command.SetAction(parse => run(new ExportOptions(
            parse.GetRequiredValue(reference), parse.GetRequiredValue(output), parse.GetValue(names), parse.GetValue(best))));
        return command;
    }
}
