using System.Text.RegularExpressions;

namespace DyT.EndToEnd.Tests;

/// <summary>Invariant 1: the same bits for any world size, also through a stop and a resume.</summary>
public sealed partial class DeterminismTests
{
    private const string Config = "configs/determinism.yaml";

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Hash();

    private static string Train(Scratch scratch, params string[] more)
    {
        var done = Dyt.Run(["train", Config, "--set", $"output={scratch.Folder}", .. more]);
        Assert.True(done.ExitCode == 0, done.All);
        return RunFiles.WeightsHash(scratch.NewestRun());
    }

    [Fact]
    public void One_two_three_and_four_workers_end_with_the_same_weights()
    {
        var hashes = new List<string>();
        string[][] ways = [["--workers", "1"], ["--workers", "2"], ["--workers", "3", "--set", "cluster.transport=tcp", "--set", "cluster.streams=3"], ["--workers", "4"]];
        foreach (var way in ways)
        {
            using var scratch = new Scratch();
            hashes.Add(Train(scratch, way));
        }

        Assert.Matches(Hash(), hashes[0]);
        Assert.Single(hashes.Distinct());
    }

    [Fact]
    public void A_run_stopped_by_a_signal_and_resumed_at_another_size_ends_with_the_same_weights()
    {
        using var straight = new Scratch();
        var expected = Train(straight, "--workers", "1", "--set", "train.steps=600", "--set", "schedule.warmup=5");

        using var interrupted = new Scratch();
        string run;
        using (var dyt = Dyt.Start("train", Config, "--set", $"output={interrupted.Folder}", "--workers", "2", "--set", "train.steps=600", "--set", "schedule.warmup=5"))
        {
            run = RunFiles.AwaitSteps(interrupted.Folder, 10);
            dyt.Signal("INT");
            var done = dyt.Wait();
            Assert.True(done.ExitCode == 0, done.All);
            Assert.Contains("--resume", done.All, StringComparison.Ordinal);
        }

        Assert.True(File.ReadLines(Path.Combine(run, "metrics.jsonl")).Count() < 600, "the run ended before it was stopped");
        var resumed = Dyt.Run("train", "--resume", run, "--workers", "3");
        Assert.True(resumed.ExitCode == 0, resumed.All);
        Assert.Equal(expected, RunFiles.WeightsHash(run));
        Assert.Equal(Enumerable.Range(1, 600).Select(i => (long)i), File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(StepOf));
    }

    [Fact]
    public void A_worker_killed_in_the_middle_changes_nothing_in_the_weights()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the worker by /proc");
        string[] longer = ["--workers", "3", "--set", "train.steps=450", "--set", "schedule.warmup=5"];
        using var straight = new Scratch();
        var expected = Train(straight, longer);

        using var killed = new Scratch();
        var name = Guid.NewGuid().ToString("N");
        using var dyt = Dyt.Start(["train", Config, "--set", $"output={killed.Folder}", "--name", name, .. longer]);
        RunFiles.AwaitSteps(killed.Folder, 10);
        Processes.Kill(name, "w1");
        var done = dyt.Wait();
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("generation 2", done.All, StringComparison.Ordinal);
        Assert.Equal(expected, RunFiles.WeightsHash(killed.NewestRun()));
    }

    [Fact]
    public void With_optimizer_state_in_pieces_a_killed_worker_and_its_return_change_nothing_in_the_weights()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the worker by /proc");
        string[] longer = ["--set", "train.steps=200", "--set", "schedule.warmup=5"];
        using var straight = new Scratch();
        var expected = Train(straight, ["--workers", "1", .. longer]);

        using var killed = new Scratch();
        var name = Guid.NewGuid().ToString("N");
        using var dyt = Dyt.Start(["train", Config, "--workers", "3", "--set", "optimizer.sharding=zero1", "--set", $"output={killed.Folder}", "--name", name, .. longer]);
        RunFiles.AwaitSteps(killed.Folder, 10);
        Processes.Kill(name, "w1");
        var done = dyt.Wait();
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("generation 2", done.All, StringComparison.Ordinal);
        Assert.DoesNotContain("went back to step", done.All, StringComparison.Ordinal);
        var run = killed.NewestRun();
        Assert.Equal(expected, RunFiles.WeightsHash(run));
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), File.ReadLines(Path.Combine(run, "metrics.jsonl")).Select(StepOf));
    }

    private static long StepOf(string line) => System.Text.Json.JsonDocument.Parse(line).RootElement.GetProperty("step").GetInt64();
}
