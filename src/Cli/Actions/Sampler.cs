using DyT.Cli.Commands;
using DyT.Config;
using DyT.Model;
using DyT.Training.Runs;

namespace DyT.Cli.Actions;

/// <summary>Text drawn from a run's model.</summary>
internal static class Sampler
{
    /// <summary>The prompt and what the model makes of it; options that are absent are the run's own.</summary>
    /// <param name="reference">A run or a checkpoint.</param>
    public static string Text(string reference, GenerateOptions options, Action<string> log)
    {
        using var run = TrainedRun.Open(reference, log, options.Best);
        var sample = run.Config.Sample;
        var prompt = options.Prompt ?? sample.Prompt;
        int[] start = prompt.Length > 0
            ? run.Tokenizer.Encode(prompt)
            : [run.Tokenizer.EndOfText ?? throw new UserErrorException("The prompt is empty, and this run's vocabulary has no token that starts a text; give one with --prompt.", UserErrorException.Usage)];
        var drawn = GptGenerator.Generate(
            run.Model,
            start,
            options.Tokens ?? sample.Tokens,
            run.Config.Model.Block,
            run.Tokenizer.VocabSize,
            options.Temperature ?? sample.Temperature,
            options.TopK ?? sample.TopK,
            options.Seed ?? run.Config.Seed);
        return prompt + run.Tokenizer.Decode(drawn.ToArray());
    }
}
