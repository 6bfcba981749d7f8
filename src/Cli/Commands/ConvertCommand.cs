using System.CommandLine;
using DyT.Config;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="To">Kind of the new sites.</param>
/// <param name="ClosedForm">Fit them to the old ones; else gamma and beta are taken over and alpha is <paramref name="Alpha"/>.</param>
/// <param name="Alpha">Without the fit: start of alpha; null: the configuration's.</param>
/// <param name="Stage">How they are fitted.</param>
/// <param name="Steps">To fine-tune; 0: only the new run is made.</param>
/// <param name="Overrides"><c>a.b=c</c>, of the new run.</param>
public sealed record ConvertOptions(string Run, SiteKind To, bool ClosedForm, double? Alpha, StageConfig Stage, int Steps, IReadOnlyList<string> Overrides, bool Best);

/// <summary><c>dyt convert RUN --to dyt</c>.</summary>
public static class ConvertCommand
{
    public static Command Create(Func<ConvertOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var to = new Option<SiteKind>("--to") { Description = "Kind of the new sites: dyt, derf, dyisru, layernorm or rmsnorm.", HelpName = "KIND", Required = true };
        var method = new Option<string>("--method") { Description = "closed-form (fitted to the old sites) or default (gamma and beta as they are, alpha as --alpha says).", DefaultValueFactory = _ => "closed-form" };
        method.AcceptOnlyFromAmong("closed-form", "default");
        var alpha = new Option<double?>("--alpha") { Description = "Of --method default; absent: the configuration's.", HelpName = "A" };
        var batches = new Option<int>("--batches") { Description = "Micro-batches that are measured.", HelpName = "N", DefaultValueFactory = _ => 8 };
        var kappas = new Option<string>("--kappa") { Description = "alpha is kappa over the root mean square of the input; of several, separated by commas, the one with the lowest loss is taken.", HelpName = "K[,K...]", DefaultValueFactory = _ => "1" };
        var steps = new Option<int>("--steps") { Description = "Fine-tune for so many steps.", HelpName = "N" };
        var set = CommonOptions.Set();
        var best = CommonOptions.Best();
        batches.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<int>() is >= 1 and <= 65536, result, "--batches must be between 1 and 65536."));
        to.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<SiteKind>() != SiteKind.None, result, "--to none would leave nothing to convert to; train such a network from the start."));
        steps.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<int>() >= 0, result, "--steps must not be negative."));
        alpha.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<double?>() is null or > 0, result, "--alpha must be greater than 0."));
        kappas.Validators.Add(result => CommonOptions.Check(AreNumbers(result.GetValueOrDefault<string>() ?? ""), result, "--kappa must be numbers greater than 0 and at most 100, separated by commas."));
        var command = new Command("convert", "Replace the sites of a trained model by another kind in closed form: a new run to fine-tune; reports the loss before, after, and after fine-tuning.")
        {
            reference, to, method, alpha, batches, kappas, steps, set, best,
        };
        command.SetAction(parse => run(new ConvertOptions(
            parse.GetRequiredValue(reference),
            parse.GetRequiredValue(to),
            parse.GetValue(method) == "closed-form",
            parse.GetValue(alpha),
            new StageConfig { Kind = StageKind.Calibrate, Batches = parse.GetValue(batches), KappaGrid = parse.GetValue(kappas) ?? "1" },
            parse.GetValue(steps),
            parse.GetValue(set) ?? [],
            parse.GetValue(best))));
        return command;
    }

    private static bool AreNumbers(string kappas)
    {
        try
        {
            return new StageConfig { KappaGrid = kappas }.Kappas().Count > 0;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
