using System.Text.Json;
using System.Text.Json.Serialization;
using DyT.Config;

namespace DyT.Data;

/// <summary>What a saved tokenizer's folder says of itself; BPE and SentencePiece have their own files beside it.</summary>
internal sealed record TokenizerDescription
{
    public int Format { get; init; } = 1;

    public required TokenizerKind Kind { get; init; }

    /// <summary>Code points of a character vocabulary.</summary>
    public IReadOnlyList<int>? Characters { get; init; }
}

/// <summary>Tokenizers on disk: a run's folder holds its own, so that nothing else is needed to generate from it.</summary>
public static class TokenizerStore
{
    private const string DescriptionName = "dyt-tokenizer.json";
    private const int LargestDescription = 16 * 1024 * 1024;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static ITokenizer Load(string folder)
    {
        var path = Path.Combine(folder, DescriptionName);
        TokenizerDescription description;
        try
        {
            if (new FileInfo(path).Length > LargestDescription)
                throw new DataException($"{path} is damaged: it is far too large");
            description = JsonSerializer.Deserialize<TokenizerDescription>(File.ReadAllBytes(path), Json) ?? throw new JsonException("empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"tokenizer {path} cannot be read: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new DataException($"{path} is damaged: it does not parse", e);
        }

        return description.Kind switch
        {
            TokenizerKind.Chars => Characters(description, path),
            TokenizerKind.Bytes => new ByteTokenizer(),
            TokenizerKind.Gpt2 => TokenizerFiles.Gpt2(folder),
            TokenizerKind.Huggingface => TokenizerFiles.FromHuggingFace(Path.Combine(folder, TokenizerFiles.HuggingFace)),
            TokenizerKind.Sentencepiece => TokenizerFiles.FromSentencePiece(Path.Combine(folder, TokenizerFiles.SentencePiece)),
            _ => throw new DataException($"{path} is damaged: it names no known kind of tokenizer"),
        };
    }

    internal static void Write(string folder, TokenizerDescription description)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllBytes(Path.Combine(folder, DescriptionName), JsonSerializer.SerializeToUtf8Bytes(description, Json));
    }

    private static CharTokenizer Characters(TokenizerDescription description, string path)
    {
        if (description.Characters is not { Count: > 0 } characters || characters.Any(c => !System.Text.Rune.IsValid(c)))
            throw new DataException($"{path} is damaged: its characters are missing or impossible");
        return new CharTokenizer(characters);
    }
}
