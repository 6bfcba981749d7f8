using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Runs;

namespace DyT.Cli.Actions;

/// <summary>What <c>dyt eval</c> evaluates on, where it is not simply the run's validation data.</summary>
internal static class EvalInput
{
    /// <summary>The run's configuration with sequences of another length, and as many tokens in a micro-batch as before.</summary>
    /// <param name="run">The run.</param>
    /// <param name="block">Tokens per sequence; null: as in training.</param>
    /// <exception cref="UserErrorException">The network does not take sequences of that length.</exception>
    public static RunConfig WithBlock(TrainedRun run, int? block)
    {
        var config = run.Config;
        if (block is not { } tokens)
            return config;
        if (run.Network is not ILanguageModel)
            throw new UserErrorException("--block is for language models: only their samples are cut from a text at any length.", UserErrorException.Usage);
        if (run.Network is GptModel && config.Model.Position == PositionKind.Learned && tokens > config.Model.Block)
        {
            throw new UserErrorException(
                $"--block {tokens}: this run has learned positions for {config.Model.Block} tokens (model.block) and none beyond; give at most {config.Model.Block}, or train with model.position rope, alibi, t5, sinusoidal or none.",
                UserErrorException.Usage);
        }

        var rows = (int)Math.Clamp((long)config.Train.MicroBatch * config.Model.Block / tokens, 1, int.MaxValue);
        return config with { Model = config.Model with { Block = tokens }, Train = config.Train with { GlobalBatch = rows, MicroBatch = rows } };
    }

    /// <summary>The loss on a text file.</summary>
    public static TextEvaluation OnFile(TrainedRun run, RunConfig config, string file) => run is { Network: ILanguageModel model, Vocabulary: TextVocabulary vocabulary }
        ? TextEvaluation.Of(model, vocabulary.Tokenizer, PlainText.Read(file), config.Model.Block, config.Train.MicroBatch)
        : throw new UserErrorException("--file is for language models: others are evaluated on their run's data.", UserErrorException.Usage);
}
