using System.Diagnostics;
using System.Globalization;
using DyT.Cli.Commands;
using DyT.Config;
using DyT.Data;
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

    /// <summary>Writes the prompt and what the model makes of it, token by token; options that are absent are the run's own.</summary>
    public static void Write(GenerateOptions options, TextWriter output, Action<string> log)
    {
        using var run = TrainedRun.Open(options.Run, log, options.Best);
        var (model, vocabulary) = run.As<ILanguageModel, TextVocabulary>("a language model");
        var sample = run.Config.Sample;
        var prompt = options.Prompt ?? sample.Prompt;
        var start = Start(vocabulary.Tokenizer, prompt);
        var choice = new TokenChoice(options.Temperature ?? sample.Temperature, options.TopK ?? sample.TopK, options.TopP, options.RepetitionPenalty);
        var seed = options.Seed ?? run.Config.Seed;
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < options.Samples; i++)
        {
            if (options.Samples > 1)
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"--- {i + 1} of {options.Samples}, seed {seed + i}"));
            output.Write(prompt);
            output.Flush();
            var text = new TokenText(vocabulary.Tokenizer);
            foreach (var token in prompt.Length > 0 ? start : [])
                text.Add(token); // a space between it and what follows may be the first thing that is drawn
            foreach (var token in TextGenerator.Generate(model, start, options.Tokens ?? sample.Tokens, vocabulary.Tokenizer.VocabSize, choice, seed + i))
            {
                output.Write(text.Add(token));
                output.Flush();
            }

            output.WriteLine(text.End());
        }

        var drawn = (long)options.Samples * (options.Tokens ?? sample.Tokens);
        if (options.Stats)
            log(string.Create(CultureInfo.InvariantCulture, $"{drawn} tokens in {clock.Elapsed.TotalSeconds:0.00} s: {drawn / clock.Elapsed.TotalSeconds:0.0} tokens/s"));
    }

    private static int[] Start(ITokenizer tokenizer, string prompt) => tokenizer.Encode(prompt) is { Length: > 0 } tokens
        ? tokens
        : [tokenizer.EndOfText ?? throw new UserErrorException("The prompt has no tokens, and this run's vocabulary has no token that starts a text; give one with --prompt.", UserErrorException.Usage)];
}
