using System.Text.Json;

namespace DyT.EndToEnd.Tests;

/// <summary>A study of two cells by real processes: to its end, stopped and gone on with, and told how it diverged.</summary>
public sealed class StudyTests
{
    private static string Write(Scratch scratch, int steps, string rates = "1e-3")
    {
        var file = Path.Combine(scratch.Folder, "tiny.yaml");
        File.WriteAllText(file, $$"""
            name: tiny
            base: {{Path.Combine(Dyt.RepositoryRoot, "configs", "determinism.yaml")}}
            set: {train.steps: {{steps}}, cluster.workers: 1, optimizer.lr: {{rates}}, train.eval_every: 10, train.eval_batches: 2}
            axes:
              - name: site
                values:
                  - {label: layernorm, set: {model.site.kind: layernorm}}
                  - {label: dyt, set: {model.site.kind: dyt}}
            seeds: [3]
            baseline: layernorm
            """);
        return file;
    }

    private static JsonElement[] Cells(Scratch scratch) =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(scratch.Folder, "out", "tiny", "results.json"))).RootElement.GetProperty("cells").EnumerateArray()];

    private static string[] Runs(Scratch scratch) => Directory.GetDirectories(Path.Combine(scratch.Folder, "out", "tiny", "cells"));

    [Fact]
    public void A_study_trains_its_cells_reports_and_does_nothing_twice()
    {
        using var scratch = new Scratch();
        var file = Write(scratch, 20);
        string[] command = ["study", file, "--output", Path.Combine(scratch.Folder, "out"), "--publish", Path.Combine(scratch.Folder, "published")];
        var done = Dyt.Run(command);
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("[2/2] dyt_s3: finished, step 20", done.Output, StringComparison.Ordinal);
        Assert.All(Cells(scratch), cell =>
        {
            Assert.Equal("finished", cell.GetProperty("outcome").GetString());
            Assert.InRange(cell.GetProperty("final_val_loss").GetDouble(), 1, 6);
            Assert.InRange(cell.GetProperty("peak_resident_bytes").GetInt64(), 50L << 20, 50L << 30);
        });
        Assert.Equal(["tiny-curves.png", "tiny-metric.png", "tiny.md"], Directory.GetFiles(Path.Combine(scratch.Folder, "published")).Select(Path.GetFileName).Order());
        Assert.Equal(2, Runs(scratch).Length);

        var again = Dyt.Run(command);
        Assert.True(again.ExitCode == 0, again.All);
        Assert.Contains("[2/2] dyt_s3: finished before", again.Output, StringComparison.Ordinal);
        Assert.Equal(2, Runs(scratch).Length);
    }

    [Fact]
    public void A_study_stopped_by_a_signal_goes_on_with_the_same_runs()
    {
        using var scratch = new Scratch();
        var file = Write(scratch, 400);
        string[] command = ["study", file, "--output", Path.Combine(scratch.Folder, "out")];
        using (var dyt = Dyt.Start(command))
        {
            Waiting.Until(() => Directory.GetFiles(scratch.Folder, "metrics.jsonl", SearchOption.AllDirectories).Length > 0, "the first step");
            dyt.Signal("INT");
            var stopped = dyt.Wait();
            Assert.Equal(130, stopped.ExitCode);
            Assert.Contains("[1/2] layernorm_s3: interrupted", stopped.Output, StringComparison.Ordinal);
        }

        var run = Assert.Single(Runs(scratch));
        var done = Dyt.Run(command);
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Equal(2, Runs(scratch).Length);
        Assert.Contains(run, Runs(scratch));
        Assert.All(Cells(scratch), cell => Assert.Equal(400, cell.GetProperty("steps").GetInt64()));
    }

    [Fact]
    public void A_cell_that_diverges_is_recorded_and_the_study_goes_on()
    {
        using var scratch = new Scratch();
        // The guard calls no spike before it has a median; a rate like this overflows first.
        var file = Write(scratch, 20, "1e30");
        var done = Dyt.Run("study", file, "--output", Path.Combine(scratch.Folder, "out"));
        Assert.True(done.ExitCode == 0, done.All);
        Assert.All(Cells(scratch), cell => Assert.Equal("guarded", cell.GetProperty("outcome").GetString()));
        Assert.Contains("diverged", File.ReadAllText(Path.Combine(scratch.Folder, "out", "tiny", "report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dry_run_prints_commands_and_makes_nothing()
    {
        using var scratch = new Scratch();
        var done = Dyt.Run("study", Write(scratch, 20), "--dry-run", "--output", Path.Combine(scratch.Folder, "out"));
        Assert.True(done.ExitCode == 0, done.All);
        Assert.Contains("dyt_s3: ./dyt train ", done.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(scratch.Folder, "out")));
    }
}
