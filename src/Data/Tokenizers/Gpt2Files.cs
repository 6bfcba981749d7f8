using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>GPT-2's byte-level BPE from its two files, encoder.json (tokens and their numbers) and vocab.bpe (merges by rank).</summary>
internal static class Gpt2Files
{
    public const string Encoder = "encoder.json";
    public const string Merges = "vocab.bpe";
    private const string EndOfText = "<|endoftext|>";

    /// <param name="folder">Where both files are.</param>
    /// <param name="kind">Whose they are: GPT-2's own, or a vocabulary learnt here (<see cref="TrainedBpe"/>).</param>
    public static ITokenizer Load(string folder, TokenizerKind kind = TokenizerKind.Gpt2)
    {
        var encoderPath = Path.Combine(folder, Encoder);
        var encoder = InputFile.ReadBytes(encoderPath, TokenizerStore.MaxFileBytes, "GPT-2 vocabulary");
        return Of(kind, encoder, InputFile.ReadText(Path.Combine(folder, Merges), TokenizerStore.MaxFileBytes, "list of GPT-2 merges"), encoderPath);
    }

    /// <summary>From the files' contents; <paramref name="place"/> is what messages call them.</summary>
    public static ITokenizer Of(TokenizerKind kind, byte[] encoder, string merges, string place)
    {
        var ids = JsonInput.Parse(encoder, place).Numbers();
        var vocabulary = new BpeVocabulary(ids, ParseMerges(merges), wholeWords: false, place);
        var scheme = new ByteLevelBpe(vocabulary, [ByteLevelBpe.Gpt2Words()], prefixSpace: false, place);
        return new BpeTextTokenizer(kind, vocabulary, scheme, ids.TryGetValue(EndOfText, out var end) ? end : null,
            [(Encoder, encoder), (Merges, Encoding.UTF8.GetBytes(merges))]);
    }

    private static List<string> ParseMerges(string text) =>
        [.. text.Split('\n').Select(line => line.TrimEnd('\r')).Where((line, i) => line.Length > 0 && !(i == 0 && line.StartsWith("#version", StringComparison.Ordinal)))];
}
