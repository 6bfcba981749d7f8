using DyT.Config;
using DyT.Data;
using DyT.Training.Evaluation;

namespace DyT.Training.Session;

/// <summary>The run's data as one worker reads it.</summary>
public sealed class SessionData : IDisposable
{
    private readonly TokenShard _train;
    private readonly TokenShard _validation;

    private SessionData(RunConfig config, PreparedData prepared, TokenShard train, TokenShard validation)
    {
        _train = train;
        _validation = validation;
        Prepared = prepared;
        Vocab = config.Model.Vocab ?? prepared.Tokenizer.VocabSize;
        Batches = new MicroBatches(train, config.Model.Block);
        Sampler = new WindowSampler(config.Seed, train.Count, config.Model.Block, config.Train.MicroBatch, config.Train.MicroShards);
        Evaluator = new Evaluator(config.Train, config.Model.Block, validation);
    }

    public PreparedData Prepared { get; }

    /// <summary>Rows of the embedding table: the config's vocabulary, or the tokenizer's.</summary>
    public int Vocab { get; }

    public MicroBatches Batches { get; }

    public WindowSampler Sampler { get; }

    public Evaluator Evaluator { get; }

    /// <summary>Prepares the data where that has not been done on this machine, and opens it.</summary>
    public static SessionData Open(RunConfig config, Action<string> log)
    {
        var prepared = DataPreparer.Prepare(config.Data, config.Seed, config.Model.Block, log, CancellationToken.None);
        if (config.Model.Vocab < prepared.Tokenizer.VocabSize)
        {
            throw new UserErrorException(
                $"model.vocab is {config.Model.Vocab}, but the tokenizer has {prepared.Tokenizer.VocabSize} tokens: leave model.vocab out or raise it",
                UserErrorException.Usage);
        }

        var hash = prepared.Tokenizer.VocabHash;
        var train = TokenShard.Open(prepared.TrainShard, hash);
        try
        {
            return new SessionData(config, prepared, train, TokenShard.Open(prepared.ValShard, hash));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _train.Dispose();
        _validation.Dispose();
    }
}
