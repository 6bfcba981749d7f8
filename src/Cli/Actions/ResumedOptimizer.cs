using DyT.Config;

namespace DyT.Cli.Actions;

/// <summary>Whether a run can go on with another optimizer: its checkpoints hold what the rule remembers. Pure.</summary>
public static class ResumedOptimizer
{
    /// <exception cref="UserErrorException">The rule that is wanted remembers something else than the run's does.</exception>
    public static void Check(OptimizerConfig saved, OptimizerConfig wanted)
    {
        if (saved.Kind != wanted.Kind)
            throw Refusal("optimizer.kind", $"{saved.Kind}".ToLowerInvariant());
        if (saved.Kind == OptimizerKind.Sgd && saved.Beta1 > 0 != wanted.Beta1 > 0)
            throw Refusal("optimizer.beta1", saved.Beta1 > 0 ? "above 0 (with momentum)" : "0 (without momentum)");
        if (saved.Ema > 0 != wanted.Ema > 0)
            throw Refusal("optimizer.ema", saved.Ema > 0 ? "above 0 (with an average)" : "0 (without an average)");
    }

    private static UserErrorException Refusal(string key, string value) =>
        new($"{key} must stay {value} when the run is resumed, for its checkpoints hold what that optimizer remembers; leave the override out, or start a new run.", UserErrorException.Usage);
}
