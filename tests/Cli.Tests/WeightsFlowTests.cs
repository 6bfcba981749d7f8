using System.Text.RegularExpressions;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Model;
using DyT.Training.Checkpoints;
using DyT.Training.Session;
using Spectre.Console;

namespace DyT.Cli.Tests;

/// <summary>Weights in and out of runs by the commands, in this process and without a cluster.</summary>
public sealed partial class WeightsFlowTests : IDisposable
{
    private const int Bytes = 256;
    private readonly Scratch _scratch = new();
    private readonly string _config;

    public WeightsFlowTests()
    {
        var text = _scratch.File("text.txt", string.Concat(Enumerable.Range(0, 400).Select(i => $"line {i} of a text that is easy to learn.\n")));
        _config = _scratch.File("tiny.yaml", $"""
            name: tiny
            output: {_scratch.File("runs")}
            model: {"{ layers: 1, heads: 1, d_model: 8, block: 16 }"}
            data:
              source: {text}
              cache: {_scratch.File("cache")}
              tokenizer: {"{ kind: bytes }"}
            train: {"{ global_batch: 2, micro_batch: 1 }"}
            sample: {"{ prompt: \"line \", tokens: 12 }"}
            """);
    }

    public void Dispose() => _scratch.Dispose();

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Sha256();

    private static string Dyt(params string[] args)
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 240;
        var code = CommandLine.Run(CommandTree.Create(console, _ => { }), args);
        Assert.Equal(0, code);
        return output.ToString();
    }

    private (string File, string Hash) FreshWeights()
    {
        var config = ConfigLoader.LoadFile(_config, []);
        TorchSetup.Apply(1);
        using var state = TrainerState.Create(config, new TextShape(Bytes));
        var weights = StateTensors.Weights(state, config.Model);
        var path = _scratch.File("fresh.safetensors");
        using var file = File.Create(path);
        SafetensorsFile.Write(file, weights, new Dictionary<string, string>());
        return (path, WeightsHash.Of(weights));
    }

    private string Import(string weights)
    {
        var before = Directory.Exists(_scratch.File("runs")) ? Directory.GetDirectories(_scratch.File("runs")) : [];
        Assert.Contains("--resume", Dyt("import", weights, _config), StringComparison.Ordinal);
        return Assert.Single(Directory.GetDirectories(_scratch.File("runs")).Except(before));
    }

    [Fact]
    public void Weights_keep_their_hash_through_import_and_export()
    {
        var (file, hash) = FreshWeights();
        var run = Import(file);
        Assert.Equal(hash, Sha256().Match(Dyt("hash", run)).Value);

        var exported = _scratch.File("out.safetensors");
        Dyt("export", run, "--out", exported);
        Assert.Equal(hash, Sha256().Match(Dyt("hash", Import(exported))).Value);
    }

    [Fact]
    public void A_model_that_has_learnt_nothing_scores_about_the_uniform_loss()
    {
        var run = Import(FreshWeights().File);
        var table = Dyt("eval", run);
        var loss = double.Parse(Regex.Match(table, @"validation loss\D*([0-9.]+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(loss, Math.Log(Bytes) - 0.3, Math.Log(Bytes) + 0.3);
        // One token is one byte here, so that bits per byte are the loss in bits.
        Assert.Contains((loss / Math.Log(2)).ToString("0.00", System.Globalization.CultureInfo.InvariantCulture), table, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_seed_draws_the_same_text_and_another_seed_another()
    {
        var run = Import(FreshWeights().File);
        var text = Dyt("generate", run, "--seed", "1");
        Assert.StartsWith("line ", text, StringComparison.Ordinal);
        Assert.Equal(text, Dyt("generate", run, "--seed", "1"));
        Assert.NotEqual(text, Dyt("generate", run, "--seed", "2"));
    }

    [Fact]
    public void Several_samples_have_the_seeds_that_follow()
    {
        var run = Import(FreshWeights().File);
        var texts = Dyt("generate", run, "--seed", "1", "--samples", "2", "--stats");
        Assert.Contains(Dyt("generate", run, "--seed", "1"), texts, StringComparison.Ordinal);
        Assert.Contains(Dyt("generate", run, "--seed", "2"), texts, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_text_file_can_be_evaluated_and_at_other_lengths_but_learned_positions_end()
    {
        var run = Import(FreshWeights().File);
        var file = _scratch.File("other.txt", string.Concat(Enumerable.Repeat("some other text, ", 20)));
        var table = Dyt("eval", run, "--file", file, "--block", "7");
        Assert.Contains("339", table, StringComparison.Ordinal); // 20 x 17 bytes, all but the first predicted
        Assert.Contains("bits per byte", table, StringComparison.Ordinal);
        Assert.Contains("validation loss", Dyt("eval", run, "--block", "8"), StringComparison.Ordinal);
        Assert.Contains("learned positions", Assert.Throws<UserErrorException>(() => Dyt("eval", run, "--block", "32")).Message, StringComparison.Ordinal);
        Assert.Contains("2:", Assert.Throws<UserErrorException>(() => Dyt("eval", run, "--file", _scratch.File("short.txt", "x"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_that_changed_since_is_not_evaluated()
    {
        var run = Import(FreshWeights().File);
        _scratch.File("text.txt", new string('x', 5000));
        Assert.Contains("changed", Assert.Throws<UserErrorException>(() => Dyt("eval", run)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_resolved_configuration_of_a_run_loads_as_what_it_was_made_from()
    {
        var run = Import(FreshWeights().File);
        Assert.Equal(Dyt("config", "show", _config), Dyt("config", "show", Path.Combine(run, "config.yaml")));
    }

    [Fact]
    public void The_cost_of_a_model_is_shown_without_its_data()
    {
        File.Delete(_scratch.File("text.txt"));
        Assert.Contains(Format.Count(ModelParameters()), Dyt("model", "show", _config), StringComparison.Ordinal);
    }

    // Embedding and positions, one block of four attention matrices, an MLP of 4 d, and three DyT sites of 2 d + 1 values; tied output, no biases.
    private static double ModelParameters() => (256 * 8) + (16 * 8) + (4 * 8 * 8) + (2 * 8 * 32) + (3 * ((2 * 8) + 1));
}
