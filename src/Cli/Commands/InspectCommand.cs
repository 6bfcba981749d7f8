using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="Out">Folder for the pictures; null: the run's.</param>
/// <param name="Batches">Validation micro-batches that are looked at.</param>
public sealed record InspectOptions(string Run, string? Out, int Batches, bool Best);

/// <summary><c>dyt inspect RUN</c>.</summary>
public static class InspectCommand
{
    public static Command Create(Func<InspectOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var folder = new Option<string?>("--out") { Description = "Folder for the pictures; absent: the run's.", HelpName = "FOLDER" };
        var batches = new Option<int>("--batches") { Description = "Validation micro-batches that are looked at.", HelpName = "N", DefaultValueFactory = _ => 8 };
        var best = CommonOptions.Best();
        batches.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
                result.AddError("--batches must be at least 1.");
        });
        var command = new Command("inspect", "What stands at each site and how: alpha against 1 / std of its input, saturation, gains; pictures of sites and of scalars over time.") { reference, folder, batches, best };
        command.SetAction(parse => run(new InspectOptions(parse.GetRequiredValue(reference), parse.GetValue(folder), parse.GetValue(batches), parse.GetValue(best))));
        return command;
    }
}
