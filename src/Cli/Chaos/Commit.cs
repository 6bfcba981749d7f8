using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Chaos;

/// <summary>A step as somebody saw it committed. A step occurs again when a resume did it once more.</summary>
/// <param name="At">When, in seconds since the start of the observation.</param>
/// <param name="Seconds">Wall time of the step itself.</param>
public readonly record struct Commit(double At, long Step, double Seconds, int WorldSize, long Generation)
{
    public static Commit Of(StepMetrics metrics, double at) => new(at, metrics.Step, metrics.Seconds, metrics.WorldSize, metrics.Generation);
}

/// <summary>When a fault was injected, in seconds since the start of the observation.</summary>
public readonly record struct FaultMoment(double At, FaultKind Kind);

/// <summary>From this moment on so many workers were there, whether they took part or not.</summary>
public readonly record struct Presence(double At, int Workers);
