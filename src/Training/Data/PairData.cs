using System.Runtime.InteropServices;
using DyT.Config;
using DyT.Data;
using DyT.Data.Pairs;
using DyT.Model;
using static TorchSharp.torch;

namespace DyT.Training.Data;

/// <summary>Pairs of texts for a translator, in micro-batches of about one length.</summary>
public sealed class PairData : SessionData
{
    // Evaluations that take a part of the validation data shall meet all lengths.
    private const long EvaluationSeed = 0;

    private readonly PairShard _train;
    private readonly PairShard _validation;
    private readonly PairSampler _sampler;
    private readonly PairSampler _evaluation; // its first epoch

    private PairData(RunConfig config, PreparedPairs prepared, PairShard train, PairShard validation)
    {
        Prepared = prepared;
        _train = train;
        _validation = validation;
        Vocabulary = new PairVocabulary(prepared.Source, prepared.Target, config.Model.Vocab, prepared.MeanTokens);
        _ = Vocabulary.Shape; // says what does not fit
        var (bucket, longest) = (config.Data.Pairs.Bucket, Longest(config));
        _sampler = new PairSampler(config.Seed, new PairBuckets(train, bucket, longest), config.Train.MicroBatch, config.Train.MicroShards);
        _evaluation = new PairSampler(EvaluationSeed, new PairBuckets(validation, bucket, longest), config.Train.MicroBatch, 1);
    }

    public PreparedPairs Prepared { get; }

    public override PairVocabulary Vocabulary { get; }

    public override string Place => Prepared.Folder;

    public override string ContentHash => Prepared.ContentHash;

    /// <inheritdoc cref="SessionData.Open"/>
    public static new PairData Open(RunConfig config, Action<string> log)
    {
        var prepared = PairPreparer.Prepare(config.Data, config.Seed, Longest(config), log, CancellationToken.None);
        var train = prepared.OpenTrain();
        PairShard? validation = null;
        try
        {
            validation = prepared.OpenValidation();
            return new PairData(config, prepared, train, validation);
        }
        catch
        {
            validation?.Dispose();
            train.Dispose();
            throw;
        }
    }

    /// <summary>Most tokens of a side, its mark included.</summary>
    public static int Longest(RunConfig config) => config.Data.Pairs.MaxLength ?? config.Model.Block;

    public override long TrainingTokens(ModelConfig model) => _train.Tokens;

    public override int EvaluationBatches(int most) => most == 0 ? _evaluation.BatchesPerEpoch : Math.Min(most, _evaluation.BatchesPerEpoch);

    public override MicroBatch Evaluation(int batch)
    {
        var (pairs, length) = _evaluation.Read(batch, 0);
        return Read(_validation, pairs, length);
    }

    public override MicroBatch Training(long step, int microShard, out ulong digest)
    {
        var (pairs, length) = _sampler.Read(step - 1, microShard);
        digest = SampleDigest.Of(step, microShard, pairs);
        return Read(_train, pairs, length);
    }

    public override ulong ExpectedDigest(long step) => _sampler.ExpectedDigest(step);

    protected override void Dispose(bool disposing)
    {
        _train.Dispose();
        _validation.Dispose();
    }

    /// <summary>Pairs padded to a length, [pairs, length] each, in the caller's dispose scope.</summary>
    private PairBatch Read(PairShard shard, long[] pairs, int length)
    {
        var (source, inputs, targets) = (Rows(pairs.Length, length), Rows(pairs.Length, length), Rows(pairs.Length, length));
        var (sourceLengths, targetLengths) = (new int[pairs.Length], new int[pairs.Length]);
        for (var row = 0; row < pairs.Length; row++)
        {
            var pair = (int)pairs[row];
            var from = Row(source, row, length);
            var count = shard.SourceLength(pair);
            shard.ReadSource(pair, from[..count]);
            from[count..].Fill(Vocabulary.SourceEnd);
            sourceLengths[row] = count + 1;

            var next = Row(targets, row, length);
            count = shard.TargetLength(pair);
            shard.ReadTarget(pair, next[..count]);
            next[count..].Fill(Vocabulary.End);
            var given = Row(inputs, row, length);
            given[0] = Vocabulary.Begin;
            next[..^1].CopyTo(given[1..]);
            targetLengths[row] = count + 1;
        }

        return new PairBatch(source, sourceLengths, inputs, targets, targetLengths);
    }

    private static Tensor Rows(int count, int length) => empty([count, length], ScalarType.Int64);

    // New and contiguous: its memory, not a copy.
    private static Span<long> Row(Tensor rows, int row, int length) => MemoryMarshal.Cast<byte, long>(rows.bytes).Slice(row * length, length);
}
