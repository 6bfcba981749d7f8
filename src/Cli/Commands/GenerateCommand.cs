using System.CommandLine;

namespace DyT.Cli.Commands;

/// <summary>What <c>dyt generate</c> is asked for. Null: as the run's configuration has it.</summary>
/// <param name="Run">A run or a checkpoint.</param>
public sealed record GenerateOptions(string Run)
{
    public string? Prompt { get; init; }

    public int? Tokens { get; init; }

    public double? Temperature { get; init; }

    public int? TopK { get; init; }

    public double TopP { get; init; } = 1;

    public double RepetitionPenalty { get; init; } = 1;

    public long? Seed { get; init; }

    /// <summary>Texts to draw, each with a seed of its own: the first seed, and those after it.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Whether to say how fast it was.</summary>
    public bool Stats { get; init; }

    public bool Best { get; init; }
}

/// <summary><c>dyt generate RUN --prompt P</c>.</summary>
public static class GenerateCommand
{
    private const int MaxTokens = 1_000_000;
    private const int MaxSamples = 10_000;

    public static Command Create(Func<GenerateOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var prompt = new Option<string?>("--prompt") { Description = "Text to go on from; absent: the configuration's (sample.prompt).", HelpName = "TEXT" };
        var tokens = new Option<int?>("--tokens") { Description = "Tokens to generate.", HelpName = "N" };
        var temperature = new Option<double?>("--temperature") { Description = "Softmax temperature; 0: always the likeliest token.", HelpName = "T" };
        var topK = new Option<int?>("--top-k") { Description = "Draw from the K likeliest tokens only; 0: from all.", HelpName = "K" };
        var topP = new Option<double>("--top-p") { Description = "Draw from the fewest tokens that have the probability P together; 1: from all.", HelpName = "P", DefaultValueFactory = _ => 1 };
        var penalty = new Option<double>("--repetition-penalty") { Description = "Makes tokens that the text has already less likely; 1: no, 1.2: somewhat.", HelpName = "R", DefaultValueFactory = _ => 1 };
        var seed = new Option<long?>("--seed") { Description = "Seed of the draws; the same seed gives the same text.", HelpName = "S" };
        var samples = new Option<int>("--samples") { Description = "Texts to draw, with the seeds S, S + 1, ...", HelpName = "N", DefaultValueFactory = _ => 1 };
        var stats = new Option<bool>("--stats") { Description = "Say how many tokens a second were drawn." };
        var best = CommonOptions.Best();
        tokens.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<int?>() is null or (>= 0 and <= MaxTokens), result, $"--tokens must be between 0 and {MaxTokens}."));
        temperature.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<double?>() is null or (>= 0 and <= 1000), result, "--temperature must be between 0 and 1000."));
        topK.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<int?>() is null or >= 0, result, "--top-k must not be negative."));
        topP.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<double>() is > 0 and <= 1, result, "--top-p must be greater than 0 and at most 1."));
        penalty.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<double>() is >= 1 and <= 100, result, "--repetition-penalty must be between 1 and 100."));
        samples.Validators.Add(result => CommonOptions.Check(result.GetValueOrDefault<int>() is >= 1 and <= MaxSamples, result, $"--samples must be between 1 and {MaxSamples}."));
        var command = new Command("generate", "Text from a trained run.") { reference, prompt, tokens, temperature, topK, topP, penalty, seed, samples, stats, best };
        command.SetAction(parse => run(new GenerateOptions(parse.GetRequiredValue(reference))
        {
            Prompt = parse.GetValue(prompt),
            Tokens = parse.GetValue(tokens),
            Temperature = parse.GetValue(temperature),
            TopK = parse.GetValue(topK),
            TopP = parse.GetValue(topP),
            RepetitionPenalty = parse.GetValue(penalty),
            Seed = parse.GetValue(seed),
            Samples = parse.GetValue(samples),
            Stats = parse.GetValue(stats),
            Best = parse.GetValue(best),
        }));
        return command;
    }
}
