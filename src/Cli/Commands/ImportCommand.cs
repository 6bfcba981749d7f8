using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="File">A safetensors file.</param>
/// <param name="Config">The model and data that the weights are for.</param>
public sealed record ImportOptions(string File, string Config, IReadOnlyList<string> Overrides);

/// <summary><c>dyt import FILE CONFIG</c>.</summary>
public static class ImportCommand
{
    public static Command Create(Func<ImportOptions, int> run)
    {
        var file = new Argument<string>("FILE") { Description = "Weights (.safetensors) as 'dyt export' writes them." };
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var command = new Command("import", "Make a new run that starts from the weights in a file; go on with 'dyt train --resume'.") { file, config, set };
        command.SetAction(parse => run(new ImportOptions(parse.GetRequiredValue(file), parse.GetRequiredValue(config), parse.GetValue(set) ?? [])));
        return command;
    }
}
