using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>Turns a source into token shards, once: later calls, also by other processes, find them ready.</summary>
public static class DataPreparer
{
    private const int Version = 1; // of the preparation: a new one makes old folders unused

    /// <summary>Prepared data for these settings, made where it does not exist yet or is damaged.</summary>
    /// <param name="data">Source, split and tokenizer.</param>
    /// <param name="seed">Of the split.</param>
    /// <param name="block">Both parts must hold at least one window of block + 1 tokens.</param>
    /// <param name="progress">Told what goes on, for people.</param>
    /// <param name="cancellation">Gives up; nothing half-made remains.</param>
    public static PreparedData Prepare(DataConfig data, long seed, int block, Action<string>? progress, CancellationToken cancellation)
    {
        var known = Corpora.IsKnown(data.Source);
        var source = new Lazy<ITextSource>(() => known ? Corpora.Open(data.Source, data.Cache, progress, cancellation) : new FileSource(data.Source, data.Field));

        // A named source is known by its name: its files are verified when they come, and looking at them again at every start would only take time.
        var identity = known ? data.Source : source.Value.Identity;
        var folder = Path.GetFullPath(Path.Combine(data.Cache, "prepared", Key(data, seed, identity)));
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        using var mutex = FolderLock.Take(folder + ".lock", progress, cancellation);
        var prepared = PreparedFolder.TryOpen(folder, progress);
        if (prepared is null)
        {
            Build(data, seed, source.Value, folder, progress, cancellation);
            prepared = PreparedFolder.TryOpen(folder, progress) ?? throw new DataException($"{folder} was prepared and cannot be read back: is the disk failing?");
        }

        CheckLength(prepared.TrainTokens, "training", data.Source, block);
        CheckLength(prepared.ValTokens, "validation", data.Source, block);
        return prepared;
    }

    private static string Key(DataConfig data, long seed, string identity)
    {
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{Version}|{identity}|{data.Field}|{seed}|{data.ValFraction:R}|{data.MaxChars}|{data.Tokenizer.Kind}|{TokenizerIdentity(data.Tokenizer)}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
    }

    private static string TokenizerIdentity(TokenizerConfig tokenizer)
    {
        if (tokenizer.Path is not { } path)
            return "";
        var files = Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : (IEnumerable<string>)[path];
        return string.Join('|', files.Select(f => new FileInfo(f)).Select(f => f.Exists ? $"{f.FullName}:{f.Length}:{f.LastWriteTimeUtc.Ticks}" : f.FullName));
    }

    private static void Build(DataConfig data, long seed, ITextSource source, string folder, Action<string>? progress, CancellationToken cancellation)
    {
        progress?.Invoke($"preparing {data.Source}");
        var scan = SourceScan.Of(source, wantCharacters: data.Tokenizer.Kind == TokenizerKind.Chars, cancellation);
        if (scan.Lengths.Count == 0)
            throw new DataException($"data.source {data.Source} has no text in it");
        var tokenizer = MakeTokenizer(data, scan, progress, cancellation);
        PreparedFolder.Write(folder, tokenizer, (train, validation) =>
        {
            if (scan.Lengths.Count == 1)
                WriteHalves(source.Documents().First(), data, train, validation);
            else
                WriteDocuments(source, DocumentSplit.Of(scan.Lengths, seed, data.ValFraction, data.MaxChars), train, validation, cancellation);
        });
        progress?.Invoke($"prepared {data.Source} in {folder}");
    }

    /// <summary>A source of one document is split in place: its end is for validation.</summary>
    private static void WriteHalves(string text, DataConfig data, TextToTokens train, TextToTokens validation)
    {
        if (data.MaxChars < text.Length)
            text = text[..CutBefore(text, (int)data.MaxChars)];
        var cut = CutBefore(text, (int)(text.Length * (1 - data.ValFraction)));
        train.Write(text[..cut]);
        validation.Write(text[cut..]);
    }

    private static void WriteDocuments(ITextSource source, DocumentSplit.Part[] parts, TextToTokens train, TextToTokens validation, CancellationToken cancellation)
    {
        var number = 0;
        foreach (var document in source.Documents())
        {
            cancellation.ThrowIfCancellationRequested();
            if (number >= parts.Length)
                throw new DataException("the source has changed while it was prepared: try again");
            switch (parts[number++])
            {
                case DocumentSplit.Part.Train:
                    train.Write(document);
                    break;
                case DocumentSplit.Part.Validation:
                    validation.Write(document);
                    break;
            }
        }
    }

    private static ITokenizer MakeTokenizer(DataConfig data, SourceScan scan, Action<string>? progress, CancellationToken cancellation) => data.Tokenizer.Kind switch
    {
        TokenizerKind.Chars => new CharTokenizer(scan.Characters),
        TokenizerKind.Bytes => new ByteTokenizer(),
        TokenizerKind.Gpt2 => TokenizerFiles.Gpt2(data.Tokenizer.Path ?? Corpora.Get(Corpora.Gpt2Bpe, data.Cache, progress, cancellation)),
        TokenizerKind.Huggingface => TokenizerFiles.FromHuggingFace(data.Tokenizer.Path!),
        TokenizerKind.Sentencepiece => TokenizerFiles.FromSentencePiece(data.Tokenizer.Path!),
        _ => throw new ArgumentOutOfRangeException(nameof(data), data.Tokenizer.Kind, null),
    };

    // Never between the two halves of a surrogate pair.
    private static int CutBefore(string text, int at) => at > 0 && at < text.Length && char.IsLowSurrogate(text[at]) ? at - 1 : at;

    private static void CheckLength(long tokens, string part, string source, int block)
    {
        if (tokens < block + 1)
            throw new DataException($"data.source {source}: the {part} part has {tokens} tokens, fewer than one window of model.block + 1 = {block + 1}: use more text, a smaller model.block or another data.val_fraction");
    }
}
