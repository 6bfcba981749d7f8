using System.Globalization;
using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Source text to token shards, once per setting: the result is kept in <c>&lt;cache&gt;/prepared/KEY</c>, where the key
/// stands for everything that it depends on. Several processes may ask for the same data at once; one prepares it.
/// </summary>
public static class DataPreparer
{
    /// <summary>Raised whenever the same text and settings would give other tokens.</summary>
    private const int PreparationVersion = 1;

    /// <summary>Gives the prepared data, made now or found in the cache and checked; damaged, it is made again.</summary>
    /// <param name="data">Which text and tokenizer.</param>
    /// <param name="seed">Seed of the split by document.</param>
    /// <param name="block">Tokens per sequence; training and validation must have one more at least.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the preparation; nothing half-made stays under the key.</param>
    /// <exception cref="UserErrorException">The text is missing, empty, too short, unreadable or not UTF-8; a tokenizer's file is wrong.</exception>
    public static PreparedData Prepare(DataConfig data, long seed, int block, Action<string>? progress = null, CancellationToken ct = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        var source = DocumentSource.Resolve(data, progress, ct);
        var tokenizerFiles = TokenizerFiles.Locate(data.Tokenizer, data.Cache, progress, ct);
        var parent = Path.Combine(Path.GetFullPath(data.Cache), "prepared");
        var folder = new PreparedFolder(Path.Combine(parent, Key(data, seed, source, tokenizerFiles)));
        var prepared = PreparedOnce.Get(
            folder.Folder, folder.Open, aside => Build(new PreparedFolder(aside), data, seed, source, tokenizerFiles, progress, ct), progress, ct);
        CheckLength(prepared, data, block);
        return prepared;
    }

    /// <summary>One line for people: how much there is of what.</summary>
    public static string Describe(DataConfig data, PreparedData prepared) => string.Create(CultureInfo.InvariantCulture,
        $"{data.Source}: {prepared.TrainTokens:N0} training and {prepared.ValTokens:N0} validation tokens, vocabulary {prepared.Tokenizer.VocabSize:N0} ({prepared.Tokenizer.Kind.ToString().ToLowerInvariant()}), {prepared.ValBytesPerToken:0.00} bytes per token");

    private static void Build(PreparedFolder folder, DataConfig data, long seed, DocumentSource source, TokenizerFiles? tokenizerFiles, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke($"reading {source.Name}");
        var survey = SourceSurvey.Take(source, ct);
        var plan = new SplitPlan(survey.Lengths, seed, data.ValFraction, data.MaxChars);
        var tokenizer = tokenizerFiles?.Load() ?? data.Tokenizer.Kind switch
        {
            TokenizerKind.Bytes => new BytesTokenizer(),
            TokenizerKind.Bpe => TrainedBpe.Train(TrainingWords(plan, source, survey.Lengths.Count, ct), data.Tokenizer.Size, progress, ct),
            _ => new CharsTokenizer(survey.Characters.Append(new Rune('\n'))),
        };
        progress?.Invoke($"tokenizing {survey.Lengths.Count.ToString("N0", CultureInfo.InvariantCulture)} documents");
        Write(folder, tokenizer, plan, source, survey.Lengths.Count, ct);
    }

    private static void Write(PreparedFolder folder, ITokenizer tokenizer, SplitPlan plan, DocumentSource source, int count, CancellationToken ct)
    {
        using var train = new TokenStream(folder.Train, tokenizer);
        using var validation = new TokenStream(folder.Validation, tokenizer);
        var index = 0;
        foreach (var document in source.Documents(ct))
        {
            // The files may have grown since they were surveyed.
            if (index == count) throw Changed(source);
            var (trainText, valText) = plan.Parts(index++, document);
            if (trainText is { Length: > 0 }) train.Append(trainText, endsDocument: valText is null);
            if (valText is { Length: > 0 }) validation.Append(valText, endsDocument: true);
        }

        if (index < count) throw Changed(source);
        tokenizer.Save(folder.TokenizerFolder);
        folder.WriteManifest(train.Complete(), validation.Complete(), validation.TextBytes);
    }

    private static WordCounts TrainingWords(SplitPlan plan, DocumentSource source, int count, CancellationToken ct)
    {
        var words = new WordCounts();
        var index = 0;
        foreach (var document in source.Documents(ct))
        {
            if (index == count) throw Changed(source);
            if (plan.Parts(index++, document).Train is { } text) words.Add(text);
        }

        return words;
    }

    private static UserErrorException Changed(DocumentSource source) =>
        new($"data.source: '{source.Name}' changed while it was read; start again when nothing writes to it any more.");

    private static void CheckLength(PreparedData prepared, DataConfig data, int block)
    {
        foreach (var (part, tokens) in new[] { ("training", prepared.TrainTokens), ("validation", prepared.ValTokens) })
            if (tokens <= block)
                throw new UserErrorException($"data.source: the {part} part of '{data.Source}' has {tokens} tokens, but one sequence of model.block {block} needs {(long)block + 1}: give more text, a smaller model.block{(part == "validation" ? " or a larger data.val_fraction" : "")}.");
    }

    private static string Key(DataConfig data, long seed, DocumentSource source, TokenizerFiles? tokenizerFiles)
    {
        using var digest = new Digest();
        digest.Add(PreparationVersion).Add(source.Identity).Add(source.Field)
            .Add(BitConverter.DoubleToInt64Bits(data.ValFraction)).Add(data.MaxChars ?? -1).Add(seed)
            .Add(data.Tokenizer.Kind.ToString()).Add(tokenizerFiles?.ContentHash() ?? "");
        if (data.Tokenizer.Kind == TokenizerKind.Bpe) digest.Add(data.Tokenizer.Size);
        return digest.Hex()[..32];
    }
}
