using System.Globalization;
using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>One token per character (Unicode code point) of a fixed, sorted set; a character outside it is an error.</summary>
public sealed class CharsTokenizer : ITokenizer
{
    private readonly Rune[] _characters;
    private readonly Dictionary<Rune, int> _tokens;

    /// <param name="characters">The vocabulary in any order; repeats count once.</param>
    public CharsTokenizer(IEnumerable<Rune> characters)
    {
        _characters = [.. characters.Distinct().Order()];
        if (_characters.Length == 0)
            throw new UserErrorException("A vocabulary of characters cannot be made of no text: the data source is empty.");
        _tokens = _characters.Select((rune, i) => (rune, i)).ToDictionary(pair => pair.rune, pair => pair.i);
        VocabHash = VocabularyHash.Of("characters", _tokens.Select(pair => KeyValuePair.Create(pair.Key.ToString(), pair.Value)), []);
    }

    public TokenizerKind Kind => TokenizerKind.Chars;

    public int VocabSize => _characters.Length;

    public string VocabHash { get; }

    public int? EndOfText => null;

    /// <summary>The characters in the order of their tokens.</summary>
    internal string Alphabet => string.Concat(_characters);

    public int[] Encode(string text)
    {
        var tokens = new int[text.Length];
        var count = 0;
        for (var at = 0; at < text.Length; count++)
        {
            if (!Rune.TryGetRuneAt(text, at, out var rune))
                throw Unknown($"half of a surrogate pair (U+{(int)text[at]:X4})", at);
            if (!_tokens.TryGetValue(rune, out tokens[count]))
                throw Unknown(Name(rune), at);
            at += rune.Utf16SequenceLength;
        }

        return tokens[..count];
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        var text = new StringBuilder(tokens.Length);
        foreach (var token in tokens)
            text.Append((uint)token < (uint)_characters.Length ? _characters[token].ToString() : Rune.ReplacementChar.ToString());
        return text.ToString();
    }

    public void Save(string folder) => TokenizerStore.Write(folder, this, [], Alphabet);

    private static UserErrorException Unknown(string what, int at) =>
        new($"The text has {what} at position {at}, which is not in the tokenizer's vocabulary of characters: leave it out, or train with tokenizer.kind bytes or gpt2.");

    private static string Name(Rune rune) => Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.OtherNotAssigned or UnicodeCategory.NonSpacingMark
        ? $"the character U+{rune.Value:X4}"
        : $"the character '{rune}' (U+{rune.Value:X4})";
}
