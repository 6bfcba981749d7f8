using System.CommandLine;

namespace DyT.Cli.Commands;

/// <param name="Run">A run or a checkpoint.</param>
/// <param name="Tokens">Null, like the other options: as the run's configuration has it.</param>
public sealed record GenerateOptions(string Run, string? Prompt, int? Tokens, double? Temperature, int? TopK, long? Seed, bool Best);

/// <summary><c>dyt generate RUN --prompt P</c>.</summary>
public static class GenerateCommand
{
    private const int MaxTokens = 1_000_000;

    public static Command Create(Func<GenerateOptions, int> run)
    {
        var reference = CommonOptions.Run();
        var prompt = new Option<string?>("--prompt") { Description = "Text to go on from; absent: the configuration's (sample.prompt).", HelpName = "TEXT" };
        var tokens = new Option<int?>("--tokens") { Description = "Tokens to generate.", HelpName = "N" };
        var temperature = new Option<double?>("--temperature") { Description = "Softmax temperature; 0: always the likeliest token.", HelpName = "T" };
        var topK = new Option<int?>("--top-k") { Description = "Draw from the K likeliest tokens only; 0: from all.", HelpName = "K" };
        var seed = new Option<long?>("--seed") { Description = "Seed of the draws; the same seed gives the same text.", HelpName = "S" };
        var best = CommonOptions.Best();
        tokens.Validators.Add(result => Check(result.GetValueOrDefault<int?>() is null or (>= 0 and <= MaxTokens), result, $"--tokens must be between 0 and {MaxTokens}."));
        temperature.Validators.Add(result => Check(result.GetValueOrDefault<double?>() is null or (>= 0 and <= 1000), result, "--temperature must be between 0 and 1000."));
        topK.Validators.Add(result => Check(result.GetValueOrDefault<int?>() is null or >= 0, result, "--top-k must not be negative."));
        var command = new Command("generate", "Text from a trained run.") { reference, prompt, tokens, temperature, topK, seed, best };
        command.SetAction(parse => run(new GenerateOptions(
            parse.GetRequiredValue(reference),
            parse.GetValue(prompt),
            parse.GetValue(tokens),
            parse.GetValue(temperature),
            parse.GetValue(topK),
            parse.GetValue(seed),
            parse.GetValue(best))));
        return command;
    }

    private static void Check(bool fine, System.CommandLine.Parsing.OptionResult result, string sentence)
    {
        if (!fine)
            result.AddError(sentence);
    }
}
