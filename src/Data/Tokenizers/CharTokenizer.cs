using System.Security.Cryptography;
using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>One token per distinct character (Unicode code point) of the source, sorted by number.</summary>
public sealed class CharTokenizer : ITokenizer
{
    private readonly int[] _characters;
    private readonly Dictionary<int, int> _numbers;

    public CharTokenizer(IEnumerable<int> codePoints)
    {
        _characters = [.. codePoints.Distinct().Order()];
        _numbers = _characters.Select((c, i) => (c, i)).ToDictionary(p => p.c, p => p.i);
        VocabHash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("chars:" + string.Join(',', _characters))));
    }

    public TokenizerKind Kind => TokenizerKind.Chars;

    public int VocabSize => _characters.Length;

    public string VocabHash { get; }

    public int? EndOfText => null;

    public int[] Encode(string text)
    {
        var tokens = new List<int>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            tokens.Add(_numbers.TryGetValue(rune.Value, out var number)
                ? number
                : throw new DataException($"the character '{rune}' (U+{rune.Value:X4}) does not occur in the text that this vocabulary was made from: leave it out"));
        }

        return [.. tokens];
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (var token in tokens)
            text.Append(new Rune(_characters[token]).ToString());
        return text.ToString();
    }

    public void Save(string folder) => TokenizerStore.Write(folder, new TokenizerDescription { Kind = Kind, Characters = _characters });
}
