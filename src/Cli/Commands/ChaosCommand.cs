using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Reference">Hash of the undisturbed run's weights, when it is known; else that run is made first.</param>
public sealed record ChaosOptions(string Config, IReadOnlyList<string> Overrides, string? Reference);

/// <summary><c>dyt chaos CONFIG</c>.</summary>
public static class ChaosCommand
{
    public static Command Create(Func<ChaosOptions, int> run)
    {
        var config = CommonOptions.Config();
        var set = CommonOptions.Set();
        var seed = new Option<long?>("--seed") { Description = "Seed of the faults (chaos.seed).", HelpName = "N" };
        var reference = new Option<string?>("--reference") { Description = "Hash that the weights must have; without it the run is made undisturbed first.", HelpName = "SHA256" };
        var command = new Command("chaos", "Train while faults are injected by a seeded schedule, and check that the weights are those of an undisturbed run.") { config, set, seed, reference };
        command.SetAction(parse =>
        {
            var overrides = new List<string>(parse.GetValue(set) ?? []);
            if (parse.GetValue(seed) is { } number)
                overrides.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"chaos.seed={number}"));
            return run(new ChaosOptions(parse.GetRequiredValue(config), overrides, parse.GetValue(reference)));
        });
        return command;
    }
}
