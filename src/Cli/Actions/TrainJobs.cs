using DyT.Cli.Views;
using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Data;
using DyT.Training.Runs;

namespace DyT.Cli.Actions;

/// <summary>What is known of a run before it starts and after it has ended, for the commands that train.</summary>
internal static class TrainJobs
{
    public static TrainJob Of(RunConfig config, RunFolder run, SessionData data, bool profile = false) =>
        new(config, run, Describe(config.Model, data.Shape), data.ValBytesPerToken, profile);

    /// <summary>The newest whole checkpoint, which at the run's end holds its result.</summary>
    public static Checkpoint Result(RunFolder run, Action<string> log) => CheckpointReference.Resolve(run.Path, log).Checkpoint;

    /// <summary>The newest whole checkpoint; null where there is none.</summary>
    public static Checkpoint? NewestOf(RunFolder run, Action<string> log) => new CheckpointStore(run.Checkpoints).NewestValid(log);

    private static string Describe(ModelConfig model, DataShape shape) =>
        $"{model.Layers} layers, d {model.DModel}, {model.Site.Kind.ToString().ToLowerInvariant()}, {Format.Count(ModelCost.Of(model, shape).Parameters)} parameters";
}
