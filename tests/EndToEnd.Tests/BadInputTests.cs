using System.Net;
using System.Net.Sockets;

namespace DyT.EndToEnd.Tests;

/// <summary>What people get wrong: one clear sentence, the right exit code, never a stack trace.</summary>
public sealed class BadInputTests
{
    private const string Tiny = """
        model: {layers: 1, heads: 2, d_model: 16, block: 16}
        data: {source: SOURCE, cache: FOLDER/cache}
        train: {steps: 4, global_batch: 4, micro_batch: 1, eval_every: 0, eval_batches: 2}
        schedule: {warmup: 1}
        checkpoint: {every: 2}
        cluster: {workers: 1}
        sample: {prompt: ""}
        output: FOLDER/runs
        """;

    private static string Config(Scratch scratch, string? text = null)
    {
        var source = scratch.File("text.txt", text ?? string.Concat(Enumerable.Repeat("The method returns the value. ", 100)));
        return scratch.File("config.yaml", Tiny.Replace("SOURCE", source, StringComparison.Ordinal).Replace("FOLDER", scratch.Folder, StringComparison.Ordinal));
    }

    private static void OneSentence(Finished done, int exitCode, params string[] words)
    {
        Assert.True(done.ExitCode == exitCode, done.All);
        Assert.DoesNotContain("   at ", done.All, StringComparison.Ordinal);
        var sentence = Assert.Single(done.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.All(words, w => Assert.Contains(w, sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("model.layer=3", "layers")]
    [InlineData("train.steps=many", "train.steps", "whole number")]
    [InlineData("model.d_model=-4", "model.d_model")]
    [InlineData("model.heads=3", "model.heads", "d_model")]
    [InlineData("model.site.kind=dty", "dyt")]
    [InlineData("data.source=no/such/file.txt", "no/such/file.txt")]
    public void Settings_that_cannot_be(string assignment, params string[] words)
    {
        using var scratch = new Scratch();
        var done = Dyt.Run("train", Config(scratch), "--set", assignment);
        OneSentence(done, done.ExitCode == 1 ? 1 : 2, words);
        Assert.NotEqual(0, done.ExitCode);
    }

    [Fact]
    public void Text_that_is_empty_or_shorter_than_a_window()
    {
        using var scratch = new Scratch();
        OneSentence(Dyt.Run("train", Config(scratch, text: "")), 1, "text.txt");
        OneSentence(Dyt.Run("train", Config(scratch, text: "short")), 1, "block");
    }

    [Fact]
    public void Folders_that_are_no_run()
    {
        using var scratch = new Scratch();
        foreach (var command in new[] { "eval", "generate", "hash" })
        {
            string[] more = command == "generate" ? ["--prompt", "x"] : [];
            OneSentence(Dyt.Run([command, scratch.Folder, .. more]), 2, scratch.Folder);
        }
    }

    [Fact]
    public void A_damaged_checkpoint_is_named_and_the_run_goes_on_from_the_one_before()
    {
        using var scratch = new Scratch();
        var trained = Dyt.Run("train", Config(scratch));
        Assert.True(trained.ExitCode == 0, trained.All);
        var run = Directory.GetDirectories(Path.Combine(scratch.Folder, "runs")).Single();
        var expected = Dyt.Run("hash", run).Output[..64];
        var weights = Path.Combine(run, "checkpoints", "step-00000004", "model.safetensors");
        File.WriteAllBytes(weights, File.ReadAllBytes(weights)[..100]);

        var resumed = Dyt.Run("train", "--resume", run);
        Assert.True(resumed.ExitCode == 0, resumed.All);
        Assert.Contains("step-00000004", File.ReadAllText(Path.Combine(run, "logs", "w0.log")), StringComparison.Ordinal);
        Assert.Equal(expected, Dyt.Run("hash", run).Output[..64]);
    }

    [Fact]
    public void A_port_that_is_taken()
    {
        using var scratch = new Scratch();
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        OneSentence(Dyt.Run("train", Config(scratch), "--set", $"cluster.coordinator_port={port}"), 1, $"{port}", "in use");
    }

    [Fact]
    public void Wrong_flags_are_usage_errors()
    {
        var done = Dyt.Run("train", "--no-such-flag");
        Assert.Equal(2, done.ExitCode);
        Assert.DoesNotContain("   at ", done.All, StringComparison.Ordinal);
    }
}
