using System.Text;

namespace DyT.Data;

/// <summary>How often each word of a text occurs, cut and written as <see cref="ByteLevelBpe"/> does; what <see cref="BpeTrainer"/> learns from.</summary>
internal sealed class WordCounts
{
    /// <summary>Longer ones are no words: they would cost much and teach nothing.</summary>
    private const int LongestBytes = 128;

    private readonly Dictionary<string, long> _counts = new(StringComparer.Ordinal);

    public void Add(string text)
    {
        foreach (var match in ByteLevelBpe.Gpt2Words().EnumerateMatches(text))
        {
            var bytes = Encoding.UTF8.GetBytes(text, match.Index, match.Length);
            if (bytes.Length is 0 or > LongestBytes) continue;
            var word = ByteLevelAlphabet.FromBytes(bytes);
            _counts[word] = _counts.GetValueOrDefault(word) + 1;
        }
    }

    /// <summary>In ordinal order of the words.</summary>
    public IReadOnlyList<(string Word, long Count)> Sorted() =>
        [.. _counts.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))];
}
