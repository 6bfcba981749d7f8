using System.Text.Json;
using DyT.Config;
using DyT.Data;
using DyT.Model;

namespace DyT.Training.Data;

/// <summary>
/// Texts and their translations as tokens. After a tokenizer's tokens come two marks: one begins a target, one ends source and target.
/// </summary>
/// <param name="Source">Tokenizer of the sources.</param>
/// <param name="Target">Of the targets; the same object where they share a vocabulary.</param>
/// <param name="Rows">Rows of the embedding tables, where they are more than the tokens (padding); null: as many.</param>
/// <param name="MeanTokens">Tokens of a pair, both sides, on average.</param>
public sealed record PairVocabulary(ITokenizer Source, ITokenizer Target, int? Rows, int MeanTokens) : RunVocabulary
{
    private const int Marks = 2;
    private const string Descriptor = "dyt-pairs.json";
    private const string Format = "dyt vocabulary of pairs";
    private const string TargetFolder = "target";

    public bool Shared => ReferenceEquals(Source, Target);

    public override PairShape Shape => new(RowsOf(Source), RowsOf(Target), Shared, MeanTokens);

    public override string Hash => Shared ? Source.VocabHash : PairHash.Of(Source.VocabHash, Target.VocabHash);

    /// <summary>Ends a source.</summary>
    public int SourceEnd => Source.VocabSize + 1;

    /// <summary>Begins a target.</summary>
    public int Begin => Target.VocabSize;

    /// <summary>Ends a target.</summary>
    public int End => Target.VocabSize + 1;

    public override void Save(string folder)
    {
        Source.Save(folder);
        if (!Shared)
            Target.Save(Path.Combine(folder, TargetFolder));
        var text = JsonSerializer.Serialize(new { format = Format, version = 1, shared = Shared, mean_tokens = MeanTokens });
        try
        {
            File.WriteAllText(Path.Combine(folder, Descriptor), text + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The vocabulary cannot be written to '{folder}' ({e.Message.TrimEnd('.')}): check the disk space and the permissions.", inner: e);
        }
    }

    /// <inheritdoc cref="RunVocabulary.Load"/>
    public static new PairVocabulary Load(ModelConfig model, string folder)
    {
        var path = Path.Combine(folder, Descriptor);
        var (shared, mean) = Read(path);
        var source = TokenizerStore.Load(folder);
        return new PairVocabulary(source, shared ? source : TokenizerStore.Load(Path.Combine(folder, TargetFolder)), model.Vocab, mean);
    }

    private static (bool Shared, int MeanTokens) Read(string path)
    {
        const int Most = 1 << 16;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            if (file.Length > Most)
                throw new InvalidDataException($"it has {file.Length} bytes, more than {Most}");
            using var json = JsonDocument.Parse(file);
            var root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format || root.GetProperty("version").GetInt32() != 1)
                throw new InvalidDataException("it is of another kind or version");
            return (root.GetProperty("shared").GetBoolean(), root.GetProperty("mean_tokens").GetInt32() is var mean and >= 0 ? mean : throw new InvalidDataException("mean_tokens is negative"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidDataException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new UserErrorException($"{path}: the vocabulary cannot be read ({e.Message.TrimEnd('.')}); restore the run's folder.", inner: e);
        }
    }

    private int RowsOf(ITokenizer tokenizer)
    {
        var needed = tokenizer.VocabSize + Marks;
        return Rows is null || Rows >= needed ? Rows ?? needed : throw new UserErrorException(
            $"model.vocab is {Rows}, but the tokenizer has {tokenizer.VocabSize} tokens and there are {Marks} marks: leave model.vocab out or raise it", UserErrorException.Usage);
    }
}
