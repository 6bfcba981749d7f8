using System.Text.Json;
using DyT.Cli.Tests.Processes;
using DyT.Config;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Tests;

/// <summary>A whole 'train' with a scripted coordinator: what is shown and written at the end.</summary>
public sealed class TrainRunnerTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly StringWriter _output = new();

    public void Dispose() => _scratch.Dispose();

    private RunEnded Train(params RunEvent[] events)
    {
        _scratch.File("events", string.Concat(events.Select(e => e.ToJson() + "\n")));
        var metrics = events.OfType<StepCommitted>().Select(e => JsonDocument.Parse(e.ToJson()).RootElement.GetProperty("metrics").GetRawText());
        _scratch.File("metrics.jsonl", string.Concat(metrics.Select(line => line + "\n")));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(_output) });
        console.Profile.Width = 240;
        var job = new TrainJob(new RunConfig { Train = new TrainConfig { Steps = 2 } }, new RunFolder(_scratch.Folder), "a model", 1, Profile: true);
        return TrainRunner.Run(job, new ScriptPlan(_scratch.Folder, "cat $SCRATCH/events", "cat >/dev/null", 0, 0), console, TimeProvider.System);
    }

    [Fact]
    public void A_finished_run_ends_with_its_table_its_profile_its_summary_and_its_curve()
    {
        var ended = Train(
            new CoordinatorReady("127.0.0.1", 1),
            new GenerationFormed(1, ["w0"], [4], "start"),
            new StepCommitted(Steps.Step(1, 3)),
            new StepCommitted(Steps.Step(2, 2, val: 2.5)),
            new RunEnded(RunOutcome.Finished, 2, ""));
        Assert.Equal(RunOutcome.Finished, ended.Outcome);
        var text = _output.ToString();
        foreach (var part in (string[])["step 2/2", "validation loss, best", "2.5000 at step 2", "backward", "bits per byte"])
            Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.Equal(2.5, JsonDocument.Parse(File.ReadAllText(_scratch.File("summary.json"))).RootElement.GetProperty("final_val_loss").GetDouble());
        Assert.True(new FileInfo(_scratch.File("loss.png")).Length > 1000);
    }

    [Fact]
    public void A_run_that_the_guard_stopped_says_why_after_its_table()
    {
        var error = Assert.Throws<UserErrorException>(() => Train(
            new CoordinatorReady("127.0.0.1", 1),
            new StepCommitted(Steps.Step(1, double.NaN)),
            new RunEnded(RunOutcome.Guarded, 1, "the loss of step 2 is not a number")));
        Assert.Equal("the loss of step 2 is not a number", error.Message);
        Assert.Contains("1 of 2", _output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_whose_coordinator_dies_is_a_failure_with_its_place() =>
        Assert.Contains("before the run did", Assert.Throws<UserErrorException>(() => Train(new CoordinatorReady("127.0.0.1", 1))).Message, StringComparison.Ordinal);
}
