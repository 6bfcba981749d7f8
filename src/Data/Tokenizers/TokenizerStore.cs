using System.Text;
using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>A tokenizer in a folder: a small versioned descriptor beside the files that it came from, so that the folder is all that is needed.</summary>
public static class TokenizerStore
{
    /// <summary>The descriptor's name; not tokenizer.json, which is HuggingFace's.</summary>
    public const string DescriptorFile = "dyt-tokenizer.json";

    /// <summary>Bound on every file of a tokenizer, in bytes; the largest published ones have some 30 MB.</summary>
    internal const long MaxFileBytes = 256 << 20;

    private const string Format = "dyt tokenizer";
    private const int Version = 1;

    /// <summary>Reads what <see cref="ITokenizer.Save"/> wrote.</summary>
    /// <exception cref="UserErrorException">Missing, damaged, of another version, or files that are not the ones saved.</exception>
    public static ITokenizer Load(string folder)
    {
        var path = Path.Combine(folder, DescriptorFile);
        var root = JsonInput.Parse(InputFile.ReadBytes(path, MaxFileBytes, "tokenizer descriptor"), path);
        if (root["format"].Text() != Format) throw root["format"].Wrong($"\"{Format}\"");
        if (root["version"].Number() is var version && version != Version)
            throw new UserErrorException($"{path}: the tokenizer has format version {version}, this program reads version {Version}; prepare the data again.");
        var tokenizer = Create(root, folder, path);
        if (tokenizer.VocabSize != root["vocab_size"].Number() || tokenizer.VocabHash != root["vocab_hash"].Text())
            throw new UserErrorException($"{path}: the vocabulary is not the one that was saved here; the folder was altered: prepare the data again or restore it.");
        return tokenizer;
    }

    internal static void Write(string folder, ITokenizer tokenizer, IReadOnlyList<(string Name, byte[] Content)> files, string? characters = null)
    {
        try
        {
            Directory.CreateDirectory(folder);
            foreach (var (name, content) in files) Replace(Path.Combine(folder, name), content);
            // Last, so that a descriptor never stands before its files.
            Replace(Path.Combine(folder, DescriptorFile), Describe(tokenizer, characters));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The tokenizer cannot be written to '{folder}' ({e.Message.TrimEnd('.')}): check the disk space and the permissions.", inner: e);
        }
    }

    private static ITokenizer Create(JsonInput root, string folder, string path) => root["kind"].Text() switch
    {
        "chars" => new CharsTokenizer(root["characters"].Text().EnumerateRunes()),
        "bytes" => new BytesTokenizer(),
        "gpt2" => Gpt2Files.Load(folder),
        "bpe" => Gpt2Files.Load(folder, TokenizerKind.Bpe),
        "huggingface" => HuggingFaceFile.Load(Path.Combine(folder, HuggingFaceFile.FileName)),
        "sentencepiece" => SentencePieceFile.Load(Path.Combine(folder, SentencePieceFile.FileName)),
        var other => throw new UserErrorException($"{path}: there is no tokenizer kind '{other}'; it is one of chars, bytes, bpe, gpt2, huggingface, sentencepiece."),
    };

    private static string KindName(TokenizerKind kind) => kind switch
    {
        TokenizerKind.Chars => "chars",
        TokenizerKind.Bytes => "bytes",
        TokenizerKind.Gpt2 => "gpt2",
        TokenizerKind.Bpe => "bpe",
        TokenizerKind.Huggingface => "huggingface",
        TokenizerKind.Sentencepiece => "sentencepiece",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    private static byte[] Describe(ITokenizer tokenizer, string? characters)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteString("format", Format);
            json.WriteNumber("version", Version);
            json.WriteString("kind", KindName(tokenizer.Kind));
            json.WriteNumber("vocab_size", tokenizer.VocabSize);
            json.WriteString("vocab_hash", tokenizer.VocabHash);
            if (characters is not null) json.WriteString("characters", characters);
            json.WriteEndObject();
        }

        return [.. buffer.ToArray(), .. Encoding.UTF8.GetBytes("\n")];
    }

    private static void Replace(string path, byte[] content)
    {
        var temporary = $"{path}.{Guid.NewGuid():N}.tmp";
        File.WriteAllBytes(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }
}
