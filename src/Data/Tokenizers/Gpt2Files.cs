using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>GPT-2's byte-level BPE from its two files, encoder.json (tokens and their numbers) and vocab.bpe (merges by rank).</summary>
internal static class Gpt2Files
{
    public const string Encoder = "encoder.json";
    public const string Merges = "vocab.bpe";
    private const string EndOfText = "<|endoftext|>";

    public static ITokenizer Load(string folder)
    {
        var encoderPath = Path.Combine(folder, Encoder);
        var mergesPath = Path.Combine(folder, Merges);
        var encoder = InputFile.ReadBytes(encoderPath, TokenizerStore.MaxFileBytes, "GPT-2 vocabulary");
        var ids = JsonInput.Parse(encoder, encoderPath).Numbers();
        var merges = InputFile.ReadText(mergesPath, TokenizerStore.MaxFileBytes, "list of GPT-2 merges");
        var vocabulary = new BpeVocabulary(ids, ParseMerges(merges), wholeWords: false, mergesPath);
        var scheme = new ByteLevelBpe(vocabulary, [ByteLevelBpe.Gpt2Words()], prefixSpace: false, encoderPath);
        return new BpeTextTokenizer(TokenizerKind.Gpt2, vocabulary, scheme, ids.TryGetValue(EndOfText, out var end) ? end : null,
            [(Encoder, encoder), (Merges, Encoding.UTF8.GetBytes(merges))]);
    }

    private static List<string> ParseMerges(string text) =>
        [.. text.Split('\n').Select(line => line.TrimEnd('\r')).Where((line, i) => line.Length > 0 && !(i == 0 && line.StartsWith("#version", StringComparison.Ordinal)))];
}
