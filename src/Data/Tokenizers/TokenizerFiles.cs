using DyT.Config;

namespace DyT.Data;

/// <summary>The files that a configured tokenizer is made of; chars, bytes and bpe need none.</summary>
internal sealed record TokenizerFiles(TokenizerKind Kind, string Path)
{
    /// <summary>Finds (for gpt2 without a path: fetches) the files of the kinds that have some; null for chars, bytes and bpe.</summary>
    public static TokenizerFiles? Locate(TokenizerConfig config, string cache, Action<string>? progress, CancellationToken ct) => config.Kind switch
    {
        TokenizerKind.Chars or TokenizerKind.Bytes or TokenizerKind.Bpe => null,
        TokenizerKind.Gpt2 => new(config.Kind, config.Path ?? Corpora.Get(Corpora.Gpt2Bpe, cache, progress, ct)),
        TokenizerKind.Huggingface => new(config.Kind, Named(config.Path, "huggingface", "tokenizer.json")),
        TokenizerKind.Sentencepiece => new(config.Kind, Named(config.Path, "sentencepiece", ".model")),
        _ => throw new ArgumentOutOfRangeException(nameof(config)),
    };

    /// <summary>SHA-256 over the files' bytes: what the prepared data depends on.</summary>
    public string ContentHash() => Digest.OfFiles(Kind == TokenizerKind.Gpt2
        ? [System.IO.Path.Combine(Path, Gpt2Files.Encoder), System.IO.Path.Combine(Path, Gpt2Files.Merges)]
        : [Path]);

    public ITokenizer Load() => Kind switch
    {
        TokenizerKind.Gpt2 => Gpt2Files.Load(Path),
        TokenizerKind.Huggingface => HuggingFaceFile.Load(Path),
        _ => SentencePieceFile.Load(Path),
    };

    private static string Named(string? path, string kind, string file) =>
        path ?? throw new UserErrorException($"data.tokenizer.path is missing: tokenizer.kind {kind} needs the path of a {file} file.", UserErrorException.Usage);
}
