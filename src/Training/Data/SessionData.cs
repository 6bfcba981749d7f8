using DyT.Config;
using DyT.Model;

namespace DyT.Training.Data;

/// <summary>
/// A run's data as one worker reads it. Which samples a micro-shard holds, and what random changes they undergo, is a pure function of (seed, step, micro-shard): it does not matter who reads them.
/// </summary>
public abstract class SessionData : IDisposable
{
    /// <summary>What the network's inputs and outputs mean.</summary>
    public abstract RunVocabulary Vocabulary { get; }

    /// <summary>What the data say of the network's shape.</summary>
    public DataShape Shape => Vocabulary.Shape;

    /// <summary>The folder of the prepared data; for messages.</summary>
    public abstract string Place { get; }

    /// <summary>Same hash, same data.</summary>
    public abstract string ContentHash { get; }

    /// <summary>UTF-8 bytes of validation text per token, for bits per byte; null where there are no such tokens.</summary>
    public virtual double? ValBytesPerToken => null;

    /// <summary>Distinct training tokens: of text as there are, of other samples their positions in the network.</summary>
    public abstract long TrainingTokens(ModelConfig model);

    /// <summary>Distinct training tokens for each learnable value.</summary>
    public double TokensPerParameter(ModelConfig model, FlatLayout layout) => (double)TrainingTokens(model) / layout.Entries.Sum(e => (long)e.Length);

    /// <summary>Micro-batches of an evaluation of at most so many; 0: of all there are. The last may hold fewer samples.</summary>
    public abstract int EvaluationBatches(int most);

    /// <summary>One micro-batch of an evaluation, in the caller's dispose scope.</summary>
    public abstract MicroBatch Evaluation(int batch);

    /// <summary>One micro-shard of a step (from 1), in the caller's dispose scope.</summary>
    /// <param name="digest">Of the samples (<see cref="DyT.Data.SampleDigest"/>).</param>
    public abstract MicroBatch Training(long step, int microShard, out ulong digest);

    /// <summary>The digest of all samples of a step, as it must come out.</summary>
    public abstract ulong ExpectedDigest(long step);

    /// <summary>Prepares the data where that has not been done on this machine, and opens it.</summary>
    public static SessionData Open(RunConfig config, Action<string> log) => config.Model.Arch switch
    {
        ArchKind.Vit => ImageData.Open(config, log),
        ArchKind.Seq2seq => PairData.Open(config, log),
        _ => TextData.Open(config, log),
    };

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected abstract void Dispose(bool disposing);
}
