using DyT.Config;
using DyT.Data;
using DyT.Model;

namespace DyT.Training.Data;

/// <summary>What a network's inputs and outputs mean: kept in the run's folder, so that the weights can be used without the data.</summary>
public abstract record RunVocabulary
{
    /// <summary>What it says of the network's shape.</summary>
    public abstract DataShape Shape { get; }

    /// <summary>Same hash, same meaning.</summary>
    public abstract string Hash { get; }

    public abstract void Save(string folder);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="UserErrorException">It is missing or damaged.</exception>
    public static RunVocabulary Load(ModelConfig model, string folder) => model.Arch switch
    {
        ArchKind.Vit => ImageVocabulary.Load(folder),
        ArchKind.Seq2seq => PairVocabulary.Load(model, folder),
        _ => new TextVocabulary(TokenizerStore.Load(folder), model.Vocab),
    };
}

/// <summary>Text as tokens.</summary>
/// <param name="Tokenizer">Of inputs and outputs.</param>
/// <param name="Rows">Rows of the embedding table, where they are more than the tokenizer's tokens (padding); null: as many.</param>
public sealed record TextVocabulary(ITokenizer Tokenizer, int? Rows) : RunVocabulary
{
    public override TextShape Shape => new(Rows ?? Tokenizer.VocabSize);

    public override string Hash => Tokenizer.VocabHash;

    public override void Save(string folder) => Tokenizer.Save(folder);
}
