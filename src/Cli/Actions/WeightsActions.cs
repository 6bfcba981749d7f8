using DyT.Cli.Commands;
using DyT.Config;
using DyT.Training.Checkpoints;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Session;

namespace DyT.Cli.Actions;

/// <summary><c>dyt generate | hash | export | import</c>: what is done with weights that exist.</summary>
internal static class WeightsActions
{
    public static int Generate(GenerateOptions options, TextWriter output, Action<string> log)
    {
        Sampler.Write(options, output, log);
        return 0;
    }

    public static int Hash(HashOptions options, TextWriter output, Action<string> log)
    {
        // Opening checked every file against the manifest, so its hash of the weights is theirs.
        var (_, checkpoint) = CheckpointReference.Resolve(options.Run, log, options.Best);
        output.WriteLine($"{checkpoint.Manifest.WeightsHash}  {checkpoint.Path}");
        return 0;
    }

    public static int Export(ExportOptions options, TextWriter output, Action<string> log)
    {
        using var run = TrainedRun.Open(options.Run, log, options.Best);
        WeightsExport.Write(run, options.Out);
        output.WriteLine($"{options.Out}: {run.Weights.Count} tensors of step {run.Checkpoint.State.Step}");
        return 0;
    }

    public static int Import(ImportOptions options, TextWriter output, Action<string> log)
    {
        var config = ConfigLoader.LoadFile(options.Config, options.Overrides);
        TorchSetup.Apply(config.Cluster.ThreadsPerWorker);
        using var data = SessionData.Open(config, log);
        using var state = TrainerState.Create(config, data.Shape);
        using (var file = SafetensorsFile.Open(options.File))
            file.Fill(StateTensors.Weights(state, config.Model));

        var run = RunPreparation.Create(config, data, DateTimeOffset.Now);
        using var checkpoints = new SessionCheckpoints(config, run, data, state);
        checkpoints.SaveFresh();
        output.WriteLine($"{run.Path}: a run that starts from {options.File}. To train it: dyt train --resume {run.Path}");
        return 0;
    }
}
