using System.CommandLine;
using DyT.Cli.Commands;
using DyT.Config;

namespace DyT.Cli.Tests.Commands;

/// <summary>What the words of each command mean, without running any.</summary>
public sealed class CommandSyntaxTests
{
    private object? _options;

    private Func<T, int> Capture<T>() => options =>
    {
        _options = options;
        return 0;
    };

    private T Parse<T>(Command command, params string[] args)
    {
        Assert.Equal(0, CommandLine.Run(new RootCommand { command }, args));
        return Assert.IsType<T>(_options);
    }

    private static UserErrorException Wrong(Command command, params string[] args)
    {
        var error = Assert.Throws<UserErrorException>(() => CommandLine.Run(new RootCommand { command }, args));
        Assert.Equal(UserErrorException.Usage, error.ExitCode);
        return error;
    }

    [Fact]
    public void Train_takes_a_configuration_and_overrides()
    {
        var options = Parse<TrainOptions>(TrainCommand.Create(Capture<TrainOptions>()), "train", "c.yaml", "--workers", "3", "--set", "a.b=c", "--set", "d=e f", "--name", "mine", "--profile");
        Assert.Equal("c.yaml", options.Config);
        Assert.Null(options.Resume);
        Assert.True(options.Profile);
        Assert.Equal(["a.b=c", "d=e f", "cluster.workers=3", "name=mine"], options.Overrides);
    }

    [Fact]
    public void Train_goes_on_with_a_run_instead_of_a_configuration()
    {
        var options = Parse<TrainOptions>(TrainCommand.Create(Capture<TrainOptions>()), "train", "--resume", "runs/a", "--workers", "1");
        Assert.Null(options.Config);
        Assert.Equal("runs/a", options.Resume);
    }

    [Theory]
    [InlineData("train")]
    [InlineData("train", "c.yaml", "--resume", "runs/a")]
    public void Train_wants_either_a_configuration_or_a_run(params string[] args) =>
        Assert.Contains("either", Wrong(TrainCommand.Create(_ => 0), args).Message, StringComparison.Ordinal);

    [Fact]
    public void Train_wants_a_number_of_workers() =>
        Assert.Contains("--workers", Wrong(TrainCommand.Create(_ => 0), "train", "c.yaml", "--workers", "two").Message, StringComparison.Ordinal);

    [Fact]
    public void Translate_takes_a_text_or_a_file_and_how_to_search()
    {
        var options = Parse<TranslateOptions>(TranslateCommand.Create(Capture<TranslateOptions>()), "translate", "runs/a", "--text", "Let there be light.", "--beam", "1", "--length-penalty", "0.6");
        Assert.Equal(new TranslateOptions("runs/a", "Let there be light.", null, new DecodingFlags(1, 0.6, 32), false), options);
        Assert.Contains("either", Wrong(TranslateCommand.Create(_ => 0), "translate", "runs/a").Message, StringComparison.Ordinal);
        Assert.Contains("either", Wrong(TranslateCommand.Create(_ => 0), "translate", "runs/a", "--text", "a", "--file", "b").Message, StringComparison.Ordinal);
        Assert.Contains("--beam", Wrong(TranslateCommand.Create(_ => 0), "translate", "runs/a", "--text", "a", "--beam", "0").Message, StringComparison.Ordinal);
        Assert.Contains("--batch", Wrong(EvalCommand.Create(_ => 0), "eval", "runs/a", "--batch", "100000").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generate_takes_its_sampling_options_and_leaves_the_others_to_the_configuration()
    {
        var options = Parse<GenerateOptions>(GenerateCommand.Create(Capture<GenerateOptions>()), "generate", "runs/a", "--prompt", "@The method", "--tokens", "20", "--temperature", "0.5", "--seed", "7", "--top-p", "0.9", "--samples", "3");
        Assert.Equal(new GenerateOptions("runs/a") { Prompt = "@The method", Tokens = 20, Temperature = 0.5, Seed = 7, TopP = 0.9, Samples = 3 }, options);
    }

    [Theory]
    [InlineData("--tokens", "-1")]
    [InlineData("--temperature", "-0.5")]
    [InlineData("--temperature", "NaN")]
    [InlineData("--top-k", "-2")]
    [InlineData("--seed", "many")]
    [InlineData("--top-p", "0")]
    [InlineData("--top-p", "NaN")]
    [InlineData("--repetition-penalty", "0.5")]
    [InlineData("--samples", "0")]
    public void Generate_refuses_what_makes_no_sense(string option, string value) =>
        Assert.Contains(option, Wrong(GenerateCommand.Create(_ => 0), "generate", "runs/a", option, value).Message, StringComparison.Ordinal);

    [Fact]
    public void Export_takes_a_run_and_a_file()
    {
        var command = ExportCommand.Create(Capture<ExportOptions>());
        Assert.Equal(new ExportOptions("runs/a", "w.safetensors", true), Parse<ExportOptions>(command, "export", "runs/a", "--out", "w.safetensors", "--best"));
        Assert.Contains("--out", Wrong(ExportCommand.Create(_ => 0), "export", "runs/a").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_other_commands_take_their_arguments()
    {
        Assert.Equal(new EvalOptions("runs/a", false, new DecodingFlags(4, 1, 32), "a.txt", 32), Parse<EvalOptions>(EvalCommand.Create(Capture<EvalOptions>()), "eval", "runs/a", "--file", "a.txt", "--block", "32"));
        Assert.Equal(new EvalOptions("runs/a", true, new DecodingFlags(4, 1, 32)), Parse<EvalOptions>(EvalCommand.Create(Capture<EvalOptions>()), "eval", "runs/a", "--best"));
        Assert.Equal(new HashOptions("runs/a", false), Parse<HashOptions>(HashCommand.Create(Capture<HashOptions>()), "hash", "runs/a"));
        Assert.Equal("w", Parse<ImportOptions>(ImportCommand.Create(Capture<ImportOptions>()), "import", "w", "c.yaml").File);
        Assert.Equal(new DataGetOptions("sotu", "here"), Parse<DataGetOptions>(DataCommand.Create(_ => 0, Capture<DataGetOptions>(), _ => 0), "data", "get", "sotu", "--cache", "here"));
        Assert.Equal(".cache/data", Parse<string>(DataCommand.Create(Capture<string>(), _ => 0, _ => 0), "data", "list"));
        Assert.Equal(["x=1"], Parse<DataPrepareOptions>(DataCommand.Create(_ => 0, _ => 0, Capture<DataPrepareOptions>()), "data", "prepare", "c", "--set", "x=1").Overrides);
        Assert.Equal("c", Parse<ModelShowOptions>(ModelCommand.Create(Capture<ModelShowOptions>(), () => 0), "model", "show", "c").Config);
        Assert.True(Parse<ConfigShowOptions>(ConfigCommand.Create(Capture<ConfigShowOptions>(), () => 0), "config", "show", "c", "--comments").Comments);
    }

    [Fact]
    public void A_mistyped_word_is_named_with_the_help_that_fits()
    {
        var error = Wrong(DataCommand.Create(_ => 0, _ => 0, _ => 0), "data", "gte", "sotu");
        Assert.Contains("'gte'", error.Message, StringComparison.Ordinal);
        Assert.Contains("dyt data --help", error.Message, StringComparison.Ordinal);
    }
}
