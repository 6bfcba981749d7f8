using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DyT.Config;
using Microsoft.ML.Tokenizers;

namespace DyT.Data;

/// <summary>Makes tokenizers from the files that other tools write.</summary>
public static partial class TokenizerFiles
{
    public const string Gpt2Vocabulary = "encoder.json";
    public const string Gpt2Merges = "vocab.bpe";
    public const string HuggingFace = "tokenizer.json";
    public const string SentencePiece = "tokenizer.model";
    private const string Gpt2EndOfText = "<|endoftext|>";
    private const long LargestFile = 256 * 1024 * 1024;

    /// <summary>GPT-2's byte-level BPE from its two files.</summary>
    public static ITokenizer Gpt2(string folder)
    {
        var vocabulary = ReadFile(Path.Combine(folder, Gpt2Vocabulary));
        var merges = ReadFile(Path.Combine(folder, Gpt2Merges));
        return Guarded(folder, () =>
        {
            var numbers = JsonSerializer.Deserialize<Dictionary<string, int>>(vocabulary) ?? throw new JsonException("empty");
            var rules = Encoding.UTF8.GetString(merges).Split('\n').Select(l => l.TrimEnd('\r')).Where(l => l.Length > 0 && !l.StartsWith("#version", StringComparison.Ordinal)).ToList();
            return ByteLevelBpe(
                TokenizerKind.Gpt2, numbers, rules, Gpt2Pattern(), new Dictionary<string, byte[]> { [Gpt2Vocabulary] = vocabulary, [Gpt2Merges] = merges });
        });
    }

    /// <summary>A HuggingFace tokenizer.json that holds a byte-level BPE (GPT-2, LLaMA 3, Qwen and their kin).</summary>
    public static ITokenizer FromHuggingFace(string path)
    {
        var bytes = ReadFile(path);
        return Guarded(path, () =>
        {
            using var document = JsonDocument.Parse(bytes);
            var model = document.RootElement.GetProperty("model");
            if (model.TryGetProperty("type", out var type) && type.GetString() != "BPE")
                throw new DataException($"{path} holds a tokenizer of type {type.GetString()}; byte-level BPE can be read (for SentencePiece use its .model file)");
            if (bytes.AsSpan().IndexOf("\"ByteLevel\""u8) < 0)
                throw new DataException($"{path} holds a BPE that is not byte-level; use its SentencePiece .model file instead");

            var numbers = model.GetProperty("vocab").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
            if (document.RootElement.TryGetProperty("added_tokens", out var added))
            {
                foreach (var token in added.EnumerateArray())
                    numbers[token.GetProperty("content").GetString()!] = token.GetProperty("id").GetInt32();
            }

            // Older files write a merge as "a b", newer ones as ["a", "b"].
            var merges = model.GetProperty("merges").EnumerateArray()
                .Select(m => m.ValueKind == JsonValueKind.Array ? string.Join(' ', m.EnumerateArray().Select(x => x.GetString())) : m.GetString()!)
                .ToList();
            var pattern = SplitPattern(document.RootElement) is { } own ? new Regex(own) : Gpt2Pattern();
            return ByteLevelBpe(TokenizerKind.Huggingface, numbers, merges, pattern, new Dictionary<string, byte[]> { [HuggingFace] = bytes });
        });
    }

    /// <summary>A SentencePiece .model file.</summary>
    public static ITokenizer FromSentencePiece(string path)
    {
        var bytes = ReadFile(path);
        return Guarded(path, () =>
        {
            using var stream = new MemoryStream(bytes);
            var tokenizer = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
            return new LibraryTokenizer(
                TokenizerKind.Sentencepiece, tokenizer, tokenizer.Vocabulary.Values.Max() + 1, tokenizer.EndOfSentenceId, new Dictionary<string, byte[]> { [SentencePiece] = bytes });
        });
    }

    private static LibraryTokenizer ByteLevelBpe(
        TokenizerKind kind, Dictionary<string, int> numbers, List<string> merges, Regex pattern, Dictionary<string, byte[]> files)
    {
        var special = numbers.Where(n => n.Key is Gpt2EndOfText or "<|end_of_text|>").ToDictionary();
        var tokenizer = BpeTokenizer.Create(new BpeOptions(numbers)
        {
            Merges = merges,
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(pattern, special),
            SpecialTokens = special,
        });
        return new LibraryTokenizer(kind, tokenizer, numbers.Values.Max() + 1, special.Count > 0 ? special.Values.First() : null, files);
    }

    /// <summary>The regular expression by which a tokenizer.json splits text before merging, if it has one of its own.</summary>
    private static string? SplitPattern(JsonElement root)
    {
        if (!root.TryGetProperty("pre_tokenizer", out var pre) || pre.ValueKind != JsonValueKind.Object)
            return null;
        var steps = pre.TryGetProperty("pretokenizers", out var list) ? list.EnumerateArray().ToArray() : [pre];
        foreach (var step in steps)
        {
            if (step.TryGetProperty("pattern", out var pattern) && pattern.TryGetProperty("Regex", out var regex))
                return regex.GetString();
        }

        return null;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > LargestFile)
                throw new DataException($"{path} is larger than any tokenizer file ({LargestFile >> 20} MiB): is it the right one?");
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"tokenizer file {path} cannot be read: {e.Message}", e);
        }
    }

    private static ITokenizer Guarded(string path, Func<ITokenizer> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is not DataException)
        {
            // The library throws whatever its parser meets; none of it is our own invariant.
            throw new DataException($"{path} is not a tokenizer that can be read: {e.Message.ReplaceLineEndings(" ")}", e);
        }
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")]
    private static partial Regex Gpt2Pattern();
}
