using DyT.Cli.Commands;
using DyT.Config;
using DyT.Model;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Translation;

namespace DyT.Cli.Actions;

/// <summary>Text drawn from a run's model.</summary>
internal static class Sampler
{
    /// <summary>A text and its translation.</summary>
    /// <param name="reference">A run or a checkpoint.</param>
    public static string Translation(string reference, string text, Action<string> log)
    {
        using var run = TrainedRun.Open(reference, log, best: true);
        return $"{text} -> {new Translator(run, beams: 4, penalty: 1, batch: 1).Translate([text])[0]}";
    }

    /// <summary>The prompt and what the model makes of it; options that are absent are the run's own.</summary>
    /// <param name="reference">A run or a checkpoint.</param>
    public static string Text(string reference, GenerateOptions options, Action<string> log)
    {
        using var run = TrainedRun.Open(reference, log, options.Best);
        var (model, vocabulary) = run.As<GptModel, TextVocabulary>("a language model");
        var tokenizer = vocabulary.Tokenizer;
        var sample = run.Config.Sample;
        var prompt = options.Prompt ?? sample.Prompt;
        int[] start = prompt.Length > 0
            ? tokenizer.Encode(prompt)
            : [tokenizer.EndOfText ?? throw new UserErrorException("The prompt is empty, and this run's vocabulary has no token that starts a text; give one with --prompt.", UserErrorException.Usage)];
        var drawn = GptGenerator.Generate(
            model,
            start,
            options.Tokens ?? sample.Tokens,
            run.Config.Model.Block,
            tokenizer.VocabSize,
            options.Temperature ?? sample.Temperature,
            options.TopK ?? sample.TopK,
            options.Seed ?? run.Config.Seed);
        return prompt + tokenizer.Decode(drawn.ToArray());
    }
}
