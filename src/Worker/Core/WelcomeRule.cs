using DyT.Cluster.Messages;
using DyT.Config;

namespace DyT.Worker.Core;

/// <summary>What a welcome means to a worker.</summary>
public enum WelcomeEffect
{
    /// <summary>Of a later run at the same address: this worker's own may still come back.</summary>
    Ignore,

    /// <summary>The first one: open the session.</summary>
    Begin,

    /// <summary>Another coordinator goes on with the run.</summary>
    TakenOver,

    /// <summary>This worker must not take part.</summary>
    End,
}

/// <summary>An answer to a welcome.</summary>
/// <param name="Effect">What to do.</param>
/// <param name="ExitCode">Where it is to end.</param>
/// <param name="Reason">Where it is to end: why, for people.</param>
public readonly record struct WelcomeAnswer(WelcomeEffect Effect, int ExitCode = 0, string? Reason = null);

/// <summary>Whether a worker takes part in the run that welcomes it: runs of one secret and address may follow each other, and options may be other than the run's settings. Pure.</summary>
public static class WelcomeRule
{
    /// <param name="welcome">The coordinator's.</param>
    /// <param name="coordinator">Where it answers, for people.</param>
    /// <param name="runId">Of the run that the worker was started for.</param>
    /// <param name="begun">The configuration that it began with; null before its first welcome.</param>
    /// <param name="disagreement">Why a worker that was started like this one cannot take part in a run of such a configuration; null: it can.</param>
    public static WelcomeAnswer Judge(Welcome welcome, string coordinator, string runId, string? begun, Func<string, string?> disagreement)
    {
        var isOwnRun = welcome.RunId == runId;
        if (begun is not null)
        {
            if (!isOwnRun)
                return new WelcomeAnswer(WelcomeEffect.Ignore);
            return begun == welcome.ConfigYaml
                ? new WelcomeAnswer(WelcomeEffect.TakenOver)
                : new WelcomeAnswer(WelcomeEffect.End, UserErrorException.Failure, "the run goes on with other settings than this worker began with: start the worker again");
        }

        var mismatch = isOwnRun
            ? disagreement(welcome.ConfigYaml)
            : $"the coordinator at {coordinator} conducts the run {welcome.RunId}, but this worker was started for {runId}: give it --run-id {welcome.RunId}";
        return mismatch is null ? new WelcomeAnswer(WelcomeEffect.Begin) : new WelcomeAnswer(WelcomeEffect.End, UserErrorException.Usage, mismatch);
    }
}
