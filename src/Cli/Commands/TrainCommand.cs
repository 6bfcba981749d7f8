using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Config">Configuration file; null with <paramref name="Resume"/>.</param>
/// <param name="Resume">Folder of a run to go on with; null for a new one.</param>
/// <param name="Overrides"><c>a.b=c</c>, in order; <c>--workers</c> and <c>--name</c> stand among them as what they are short for.</param>
/// <param name="Attached">Stop with a checkpoint when standard input closes: whoever started the command has gone, or asks for it.</param>
public sealed record TrainOptions(string? Config, string? Resume, IReadOnlyList<string> Overrides, bool Profile, bool Attached = false);

/// <summary><c>dyt train CONFIG</c>.</summary>
public static class TrainCommand
{
    public static Command Create(Func<TrainOptions, int> run)
    {
        var config = new Argument<string?>("CONFIG") { Description = "Configuration file (YAML); not with --resume.", Arity = ArgumentArity.ZeroOrOne };
        var workers = new Option<int?>("--workers") { Description = "Worker processes on this machine (cluster.workers).", HelpName = "N" };
        var set = CommonOptions.Set();
        var resume = new Option<string?>("--resume") { Description = "Go on with this run from its newest valid checkpoint.", HelpName = "RUN" };
        var profile = new Option<bool>("--profile") { Description = "Record where the time goes: a trace for Perfetto or chrome://tracing, and a table at the end." };
        var name = new Option<string?>("--name") { Description = "Name of the run (name).", HelpName = "NAME" };
        var attached = new Option<bool>("--attached") { Description = "Stop with a checkpoint when standard input closes.", Hidden = true };
        var command = new Command("train", "Train a model on a local cluster: starts a coordinator and workers, evaluates, and writes everything to the run's folder.")
        {
            config, workers, set, resume, profile, name, attached,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(config) is null == result.GetValue(resume) is null)
                result.AddError("Give either a configuration file or --resume with a run's folder.");
            if (result.GetValue(resume) is not null && result.GetValue(name) is not null)
                result.AddError("--name cannot change the name of a run that is resumed.");
        });
        command.SetAction(parse =>
        {
            var overrides = new List<string>(parse.GetValue(set) ?? []);
            if (parse.GetValue(workers) is { } count)
                overrides.Add(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"cluster.workers={count}"));
            if (parse.GetValue(name) is { } given)
                overrides.Add($"name={given}");
            return run(new TrainOptions(parse.GetValue(config), parse.GetValue(resume), overrides, parse.GetValue(profile), parse.GetValue(attached)));
        });
        return command;
    }
}
