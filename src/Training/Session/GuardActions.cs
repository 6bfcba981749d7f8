using DyT.Config;

namespace DyT.Training.Session;

public enum GuardVerdictKind
{
    /// <summary>All is well: apply the update.</summary>
    Apply,

    /// <summary>Commit the step without its update.</summary>
    Skip,

    /// <summary>Back to the newest checkpoint, or to the beginning when there is none; the step's update will be left out.</summary>
    RollBack,

    /// <summary>End the run at the last good step.</summary>
    Stop,
}

/// <param name="Reason">Why it is not <see cref="GuardVerdictKind.Apply"/>; null when it is.</param>
public readonly record struct GuardVerdict(GuardVerdictKind Kind, string? Reason);

/// <summary>What is done about a step that the guard refuses; the same on every worker, since all know the same.</summary>
public sealed class GuardActions(GuardConfig config, TrainerState state)
{
    private const int Window = 1000;

    /// <param name="step">The step whose gradients are summed.</param>
    /// <param name="refusal">The guard's objection, or null.</param>
    public GuardVerdict Judge(long step, string? refusal)
    {
        if (state.SkippedSteps.Contains(step))
            return new GuardVerdict(GuardVerdictKind.Skip, refusal ?? "refused before, at this step");
        if (refusal is null)
            return new GuardVerdict(GuardVerdictKind.Apply, null);
        if (config.Action == GuardAction.Stop)
            return new GuardVerdict(GuardVerdictKind.Stop, refusal);
        if (state.SkippedSteps.GetViewBetween(step - Window, step).Count >= config.MaxInterventions)
            return new GuardVerdict(GuardVerdictKind.Stop, $"{refusal}, and {config.MaxInterventions} of the last {Window} steps were refused before (guard.max_interventions)");
        state.SkippedSteps.Add(step);
        return new GuardVerdict(config.Action == GuardAction.Rollback ? GuardVerdictKind.RollBack : GuardVerdictKind.Skip, refusal);
    }
}
