using DyT.Cli.Chaos;
using DyT.Cli.Commands;
using DyT.Cli.Processes;
using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Data;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt chaos</c>: the same run in peace and under faults, and the comparison.</summary>
internal static class ChaosAction
{
    private const long DiskReserve = 16 * 1024 * 1024;

    public static int Run(ChaosOptions options, IAnsiConsole console)
    {
        Action<string> log = console.Profile.Out.Writer.WriteLine;
        var config = WithPossibleKinds(ConfigLoader.LoadFile(options.Config, options.Overrides), log);
        if (config.Cluster.Wire != WireType.Fp32)
            throw new UserErrorException("dyt chaos compares bits, which cluster.wire: bf16 gives up when the membership changes; set cluster.wire: fp32", UserErrorException.Usage);
        if (config.Train.EarlyStop > 0)
            throw new UserErrorException("dyt chaos compares runs of all their steps; set train.early_stop: 0", UserErrorException.Usage);
        var schedule = FaultSchedule.Of(config); // before anything starts: it may not fit
        using var data = SessionData.Open(config, log);

        double? calmSeconds = null;
        var reference = options.Reference;
        if (reference is null)
        {
            log("first in peace:");
            var calm = Prepare(config, data, config.Name + "-calm");
            var begin = TimeProvider.System.GetTimestamp();
            if (TrainRunner.Run(TrainJobs.Of(config, calm, data), ClusterPlan.ForThisBuild(calm, config.Cluster), console, TimeProvider.System).Outcome != RunOutcome.Finished)
                throw new UserErrorException("the undisturbed run did not come to its last step, so there are no weights to compare with: begin again, or give their hash by --reference");
            calmSeconds = TimeProvider.System.GetElapsedTime(begin).TotalSeconds;
            reference = Hash(calm, log);
            log($"undisturbed weights: SHA-256 {reference}");
            log("now under faults:");
        }

        var run = Prepare(config, data, config.Name);
        var report = Disturbed(config, run, schedule, data, reference, calmSeconds, console, log);
        report.Write(Path.Combine(run.Path, "chaos.json"));
        ChaosTable.Write(report, console);
        return report.Passed ? 0 : UserErrorException.Failure;
    }

    private static ChaosReport Disturbed(RunConfig config, RunFolder run, IReadOnlyList<Fault> schedule, SessionData data, string reference, double? calmSeconds, IAnsiConsole console, Action<string> log)
    {
        var highest = schedule.OfType<JoinWorker>().Select(j => j.Index).Append(config.Cluster.Workers + config.Cluster.Spares - 1).Max();
        using var network = schedule.Any(f => f is Partition) ? NetworkNamespaces.Create(run.Id, highest + 1) : null;
        using var disk = schedule.Any(f => f is DiskFull) ? SmallDisk.Mount(run.Checkpoints, DiskBytes(config, data)) : null;
        using var plan = new ChaosPlan(ClusterPlan.ForThisBuild(run, config.Cluster), network);
        using var injector = new FaultInjector(schedule, plan, network, disk, TimeSpan.FromSeconds(config.Chaos.Patience), log);
        var finished = false;
        try
        {
            finished = TrainRunner.Run(TrainJobs.Of(config, run, data), plan, console, TimeProvider.System, injector).Outcome == RunOutcome.Finished;
        }
        catch (Exception e) when (e is UserErrorException or OperationCanceledException)
        {
            log($"the run failed: {e.Message}"); // which the report says too
        }

        var wall = injector.Elapsed;
        var moments = injector.Injected.Select(i => new FaultMoment(i.At, i.Fault.Kind)).ToList();
        var recoveries = RecoveryTimes.Of(injector.Timeline, moments);
        return new ChaosReport
        {
            Run = run.Path,
            Seed = config.Chaos.Seed,
            Steps = config.Train.Steps,
            Workers = config.Cluster.Workers,
            Planned = schedule.Count,
            Finished = finished,
            WallSeconds = wall,
            UndisturbedSeconds = calmSeconds,
            Goodput = Goodput.Of(injector.Timeline, injector.Presence, 0, wall),
            StepsRedone = RecoveryTimes.StepsRedone(injector.Timeline),
            Faults = [.. injector.Injected.Zip(recoveries).Select(p => FaultReport.Of(p.First.Fault, p.Second))],
            Hash = finished ? Hash(run, log) : null,
            UndisturbedHash = reference,
            Ledger = LedgerCheck.Read(run.MetricsFile, config.Train.Steps, step => SampleDigest.Format(data.ExpectedDigest(step))),
        };
    }

    /// <summary>Without the kinds of faults that cannot be had here, each with a word why.</summary>
    private static RunConfig WithPossibleKinds(RunConfig config, Action<string> log)
    {
        var kinds = config.Chaos.FaultKinds.ToList();
        if (kinds.Contains(FaultKind.Partition) && NetworkNamespaces.WhyNot() is { } reason)
        {
            log($"no partitions: {reason}");
            kinds.Remove(FaultKind.Partition);
        }

        if (kinds.Contains(FaultKind.DiskFull) && SmallDisk.WhyNot() is { } noDisk)
        {
            log($"no full disks: {noDisk}");
            kinds.Remove(FaultKind.DiskFull);
        }

        return config with { Chaos = config.Chaos with { Kinds = string.Join(", ", kinds.Select(FaultKindNames.Name)) } };
    }

    private static RunFolder Prepare(RunConfig config, SessionData data, string name) =>
        RunPreparation.Create(config with { Name = name }, data, DateTimeOffset.Now);

    private static string Hash(RunFolder run, Action<string> log) => TrainJobs.Result(run, log).Manifest.WeightsHash;

    /// <summary>Room for the checkpoints that are kept, one more being written, and some.</summary>
    private static long DiskBytes(RunConfig config, SessionData data)
    {
        var checkpoint = ModelCost.Of(config.Model, data.Shape).Parameters * sizeof(float) * 3;
        return (checkpoint * (config.Checkpoint.KeepLast + 3)) + DiskReserve;
    }
}
