using System.Text.Json;
using DyT.Cli.Studies;
using DyT.Cli.Studies.Running;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Checkpoints;

namespace DyT.Cli.Tests.Studies;

/// <summary>A cell's process that only writes what a run leaves behind.</summary>
/// <param name="wait">What it does until it ends; told whether it was asked to stop.</param>
internal sealed class FakeCell(Func<Task, CellExit> wait) : ICellProcess
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Stop() => _stop.TrySetResult();

    public void Kill() => _stop.TrySetResult();

    public CellExit Wait() => wait(_stop.Task);

    public void Dispose()
    {
        // Holds nothing.
    }

    /// <summary>A run's folder with its configuration, one step, and its end where it has one; a checkpoint is a damaged one unless it is said to be whole.</summary>
    public static string Write(StudyCell cell, string? outcome, bool checkpoint = false, string? into = null, bool wholeCheckpoint = false)
    {
        var run = into is null ? RunFolders.Create(cell.Config.Output, cell.Id, DateTimeOffset.UnixEpoch) : new RunFolder(into);
        File.WriteAllText(run.ConfigFile, ConfigWriter.ToYaml(cell.Config, comments: false));
        File.WriteAllText(run.MetricsFile, JsonSerializer.Serialize(Steps.Step(1, val: 2), RunJson.Options) + "\n");
        if (checkpoint)
            Directory.CreateDirectory(Path.Combine(run.Checkpoints, "step-1"));
        if (wholeCheckpoint)
            new CheckpointStore(run.Checkpoints).Save([new("w", [1], new float[1])], [], new TrainingState { Step = 1, EvaluatedStep = 0, Seed = 1, DataHash = "", VocabHash = "", Threads = 1 });
        if (outcome is not null)
            File.WriteAllText(run.SummaryFile, $$"""{"run": "r", "outcome": "{{outcome}}", "steps": 1, "total_steps": 1, "wall_seconds": 1, "generations": 1}""");
        return run.Path;
    }
}
