using System.Text;
using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>A byte-level vocabulary made from a text, kept as GPT-2's is: encoder.json and vocab.bpe.</summary>
internal static class TrainedBpe
{
    /// <summary>Learns a tokenizer of at most so many tokens.</summary>
    public static ITokenizer Train(WordCounts words, int size, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke($"learning a vocabulary of {size} tokens");
        var (tokens, merges) = BpeTrainer.Train(words.Sorted(), size, ct);
        return Gpt2Files.Of(TokenizerKind.Bpe, Encoder(tokens), string.Concat(merges.Select(merge => merge + "\n")), "the vocabulary that was learnt");
    }

    private static byte[] Encoder(IReadOnlyList<string> tokens)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            for (var number = 0; number < tokens.Count; number++) json.WriteNumber(tokens[number], number);
            json.WriteEndObject();
        }

        return [.. buffer.ToArray(), .. Encoding.UTF8.GetBytes("\n")];
    }
}
