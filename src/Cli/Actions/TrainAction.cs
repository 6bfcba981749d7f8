using DyT.Cli.Commands;
using DyT.Cli.Processes;
using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Runs;
using DyT.Security;
using DyT.Training.Calibration;
using DyT.Training.Data;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt train</c>: prepares data and folder, runs the cluster, and shows what the model has learnt.</summary>
internal static class TrainAction
{
    public static int Run(TrainOptions options, IAnsiConsole console)
    {
        Action<string> log = console.Profile.Out.Writer.WriteLine;
        var resumed = options.Resume is { } reference ? RunFolders.Open(reference) : null;
        var config = ConfigLoader.LoadFile(resumed?.ConfigFile ?? options.Config!, options.Overrides);
        if (resumed is not null && Directory.Exists(resumed.Checkpoints) && Directory.EnumerateDirectories(resumed.Checkpoints).Any())
            ResumedOptimizer.Check(ConfigLoader.LoadFile(resumed.ConfigFile, []).Optimizer, config.Optimizer);

        CertificateFiles.Check(config.Cluster.Security);
        var secret = RunSecret.FromEnvironmentOrFresh();
        // The workers would find bad data or a vocabulary that does not fit too, but N times and later.
        using var data = SessionData.Open(config, log);
        var run = resumed ?? RunPreparation.Create(config, data, DateTimeOffset.Now);
        if (resumed is not null)
            RunPreparation.ForgetCoordinator(run);
        if (resumed is not null && options.Overrides.Count > 0)
            RunPreparation.WriteConfig(run, config);
        if (options.Profile)
            TraceAction.Forget(run);
        log($"{(resumed is null ? "run" : "resuming")}: {run.Path}");
        var job = TrainJobs.Of(config, run, data, options.Profile) with { Attached = options.Attached };
        var ended = TrainRunner.Run(job, ClusterPlan.ForThisBuild(run, config.Cluster, secret) with { Traces = options.Profile }, console, TimeProvider.System);
        if (CalibrationReport.TryRead(run.CalibrationFile) is { } calibration)
            console.Write(CalibrationTable.Of(calibration));
        var checkpoint = TrainJobs.NewestOf(run, log);
        if (checkpoint is not null) // else it was stopped before there was any
            log($"weights after step {checkpoint.State.Step}: SHA-256 {checkpoint.Manifest.WeightsHash}");
        if (ended.Outcome == RunOutcome.Stopped || checkpoint is null)
            log($"Stopped at step {ended.Step.ToString(System.Globalization.CultureInfo.InvariantCulture)}. To go on: dyt train --resume {run.Path}");
        else
            Show(config, run, data, log);
        return 0;
    }

    /// <summary>What the model has learnt, as text.</summary>
    private static void Show(RunConfig config, RunFolder run, SessionData data, Action<string> log)
    {
        Sample(config, run, log);
        if (data is PairData pairs)
            TranslationRows.AddToSummary(config, run, pairs, log);
    }

    private static void Sample(RunConfig config, RunFolder run, Action<string> log)
    {
        var sample = config.Sample;
        if (sample.Prompt.Length == 0 || sample.Tokens == 0 || config.Model.Arch == ArchKind.Vit)
            return;
        try
        {
            log("");
            if (config.Model.Arch == ArchKind.Seq2seq)
            {
                log(Sampler.Translation(run.Path, sample.Prompt, log));
                return;
            }

            using var text = new StringWriter();
            Sampler.Write(new GenerateOptions(run.Path) { Best = true }, text, log);
            log(text.ToString().TrimEnd('\r', '\n'));
        }
        catch (UserErrorException e)
        {
            // The run is done and its weights are written: a prompt that its vocabulary lacks is worth a word, not a failure.
            log($"No sample: {e.Message}");
        }
    }
}
