using DyT.Cli.Actions;
using DyT.Cli.Processes;
using DyT.Cli.Summaries;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli;

/// <summary>A run that is ready to start: its folder holds the resolved configuration and the tokenizer.</summary>
/// <param name="Model">One phrase for the header.</param>
/// <param name="ValBytesPerToken">For bits per byte; null when unknown.</param>
/// <param name="Profile">End with the table of where the time went, and join the workers' traces.</param>
public sealed record TrainJob(RunConfig Config, RunFolder Run, string Model, double? ValBytesPerToken, bool Profile)
{
    public string Device { get; init; } = "cpu";

    /// <summary>Stop gracefully when standard input closes.</summary>
    public bool Attached { get; init; }
}

/// <summary>Somebody who watches a run's processes, and may do things to them.</summary>
public interface IRunCompanion : IClusterObserver
{
    RestartPolicy Restarts { get; }

    /// <summary>The processes are about to start.</summary>
    void Attach(LocalCluster cluster);
}

/// <summary>Trains a prepared run on this machine: processes, view, signals, and what is written and said at the end.</summary>
public static class TrainRunner
{
    /// <returns>How the run ended, other than by a failure.</returns>
    /// <exception cref="UserErrorException">It failed, or the guard stopped it.</exception>
    public static RunEnded Run(TrainJob job, IClusterPlan plan, IAnsiConsole console, TimeProvider time, IRunCompanion? companion = null)
    {
        var start = new TrainProgress(job.Config.Train.Steps, time.GetUtcNow());
        var header = new RunHeader(job.Run.Id, job.Model, $"{job.Device}, {plan.Workers} x {job.Config.Cluster.ThreadsPerWorker} threads");
        RunEnded ended;
        TrainProgress progress;
        using (ITrainView view = console.Profile.Out.IsTerminal && console.Profile.Capabilities.Interactive
            ? new LiveView(console, header, start, time)
            : new PlainView(console.Profile.Out.Writer, header, time))
        {
            var feed = new ProgressFeed(start, view, time);
            ended = Follow(plan, companion?.Restarts ?? RestartPolicy.Of(job.Config.Cluster), feed, time, companion, job.Attached ? Console.In : null);
            progress = feed.Progress;
        }

        Finish(job, progress, console, time.GetUtcNow());
        if (ended.Outcome is RunOutcome.Failed or RunOutcome.Guarded)
            throw new UserErrorException(ended.Message);
        return ended;
    }

    private static RunEnded Follow(IClusterPlan plan, RestartPolicy restarts, ProgressFeed feed, TimeProvider time, IRunCompanion? companion, TextReader? parent)
    {
        IClusterObserver observer = companion is null ? feed : new Both(feed, companion);
        using var cluster = new LocalCluster(plan, observer, restarts, time);
        companion?.Attach(cluster);
        using var signals = new StopSignals(
            graceful: () =>
            {
                feed.OnEvent(new Notice("Finishing the step and writing a checkpoint; press Ctrl-C again to stop at once."));
                cluster.RequestStop();
            },
            hard: cluster.Kill);
        if (parent is not null)
            StopWith(parent, cluster);
        return cluster.Run();
    }

    /// <summary>Asks the cluster to stop when the reader ends: that happens too when the process at the other end is killed.</summary>
    private static void StopWith(TextReader parent, LocalCluster cluster)
    {
        new Thread(() =>
        {
            var buffer = new char[256];
            try
            {
                while (parent.Read(buffer, 0, buffer.Length) > 0)
                {
                }
            }
            catch (IOException)
            {
                // As good as closed.
            }

            cluster.RequestStop();
        })
        { IsBackground = true, Name = "parent" }.Start();
    }

    private sealed class Both(IClusterObserver first, IClusterObserver second) : IClusterObserver
    {
        public void OnEvent(RunEvent e)
        {
            first.OnEvent(e);
            second.OnEvent(e);
        }

        public void OnLog(string process, string line) => first.OnLog(process, line);
    }

    private static void Finish(TrainJob job, TrainProgress progress, IAnsiConsole console, DateTimeOffset now)
    {
        var summary = RunSummary.Of(progress, job.Run, now, job.ValBytesPerToken);
        try
        {
            summary.Write(job.Run.SummaryFile);
            // From the file and not from what this command saw: a resumed run's curve starts at its first step.
            if (File.Exists(job.Run.MetricsFile))
                LossPlot.Write(MetricsLog.Read(job.Run.MetricsFile), job.Run.Id, job.Run.LossPlot);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The training itself is done and its checkpoint written: a full disk here costs the summary only, and says so.
            console.Profile.Out.Writer.WriteLine($"{job.Run.Path}: the summary could not be written ({e.Message.TrimEnd('.')}).");
        }

        if (job.Profile)
        {
            console.Write(ProfileTable.Of(progress));
            TraceAction.Join(job.Run, console);
        }

        console.Write(SummaryTable.Of(summary, job.Run));
    }
}
