using DyT.Config;
using DyT.Data;
using DyT.Model;

namespace DyT.Training.Data;

/// <summary>Windows of tokens for a language model.</summary>
public sealed class TextData : SessionData
{
    private readonly RunConfig _config;
    private readonly TokenShard _train;
    private readonly TokenShard _validation;
    private readonly TokenWindows _trainWindows;
    private readonly TokenWindows _validationWindows;
    private readonly WindowSampler _sampler;
    private readonly long[] _offsets; // of one micro-shard

    private TextData(RunConfig config, PreparedData prepared, TokenShard train, TokenShard validation)
    {
        _config = config;
        _train = train;
        _validation = validation;
        Prepared = prepared;
        Vocabulary = new TextVocabulary(prepared.Tokenizer, config.Model.Vocab);
        _trainWindows = new TokenWindows(train, config.Model.Block);
        _validationWindows = new TokenWindows(validation, config.Model.Block);
        _sampler = new WindowSampler(config.Seed, train.Count, config.Model.Block, config.Train.MicroBatch, config.Train.MicroShards);
        _offsets = new long[config.Train.MicroBatch];
    }

    public PreparedData Prepared { get; }

    public override TextVocabulary Vocabulary { get; }

    public override string Place => Prepared.Folder;

    public override string ContentHash => Prepared.ContentHash;

    public override double? ValBytesPerToken => Prepared.ValBytesPerToken;

    /// <inheritdoc cref="SessionData.Open"/>
    public static new TextData Open(RunConfig config, Action<string> log)
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
            return new TextData(config, prepared, train, TokenShard.Open(prepared.ValShard, hash));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    public override long TrainingTokens(ModelConfig model) => _train.Count;

    public override int EvaluationBatches(int most) => EvalWindows.BatchCount(_validation.Count, _config.Model.Block, _config.Train.MicroBatch, most);

    public override MicroBatch Evaluation(int batch) =>
        _validationWindows.Read(EvalWindows.Offsets(_validation.Count, _config.Model.Block, _config.Train.MicroBatch, batch));

    public override MicroBatch Training(long step, int microShard, out ulong digest)
    {
        _sampler.Windows(step - 1, microShard, _offsets);
        digest = SampleDigest.Of(step, microShard, _offsets);
        return _trainWindows.Read(_offsets);
    }

    public override ulong ExpectedDigest(long step) => SampleDigest.Expected(_sampler, step, _config.Train.MicroShards, _config.Train.MicroBatch);

    protected override void Dispose(bool disposing)
    {
        _train.Dispose();
        _validation.Dispose();
    }
}
