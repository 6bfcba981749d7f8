using System.Text;
using System.Text.RegularExpressions;
using DyT.Config;

namespace DyT.Data;

/// <summary>A way to cut and write text for a BPE vocabulary, and back.</summary>
internal interface IBpeScheme
{
    /// <summary>What the tokens depend on beside vocabulary and merges, for the vocabulary's hash.</summary>
    IEnumerable<string> Rules { get; }

    void Encode(string text, List<int> tokens);

    string Decode(ReadOnlySpan<int> tokens);
}

/// <summary>Byte-level BPE as in GPT-2: text is cut into words by a pattern, each word's UTF-8 bytes are merged.</summary>
/// <remarks>
/// .NET's patterns see UTF-16: a letter or digit outside the Basic Multilingual Plane counts as neither, where the Rust and
/// Python implementations count it as one, so such rare texts may be cut elsewhere (and still decode to themselves).
/// </remarks>
internal sealed partial class ByteLevelBpe : IBpeScheme
{
    private readonly BpeVocabulary _vocabulary;
    private readonly IReadOnlyList<Regex> _cuts;
    private readonly bool _prefixSpace;
    private readonly string _place;
    private readonly Dictionary<int, byte[]> _bytes;

    /// <param name="vocabulary">Must hold all 256 characters of the byte alphabet.</param>
    /// <param name="cuts">Patterns applied one after the other; what a pattern matches and what stands between stay apart.</param>
    /// <param name="prefixSpace">A text that does not start with a space gets one.</param>
    /// <param name="place">The file, for messages.</param>
    public ByteLevelBpe(BpeVocabulary vocabulary, IReadOnlyList<Regex> cuts, bool prefixSpace, string place)
    {
        foreach (var c in ByteLevelAlphabet.All)
            if (!vocabulary.Ids.ContainsKey(c.ToString()))
                throw new UserErrorException($"{place}: the byte-level vocabulary lacks the character '{c}' (U+{(int)c:X4}) of the byte alphabet, so some text would have no tokens; check that it is the right file.");
        _vocabulary = vocabulary;
        _cuts = cuts;
        _prefixSpace = prefixSpace;
        _place = place;
        _bytes = vocabulary.Ids.ToDictionary(pair => pair.Value, pair => ByteLevelAlphabet.ToBytes(pair.Key) ?? Encoding.UTF8.GetBytes(pair.Key));
    }

    public IEnumerable<string> Rules => ["byte-level", _prefixSpace ? "prefix space" : "", .. _cuts.Select(cut => cut.ToString())];

    /// <summary>GPT-2's pattern: contractions, words, numbers, other signs, and white space of which the last space goes to the next word.</summary>
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    public static partial Regex Gpt2Words();

    public void Encode(string text, List<int> tokens)
    {
        if (text.Length == 0) return;
        if (_prefixSpace && text[0] != ' ') text = " " + text;
        try
        {
            Cut(text, 0, tokens);
        }
        catch (RegexMatchTimeoutException e)
        {
            throw new UserErrorException($"{_place}: the pattern of its Split takes for ever on this text; use another tokenizer.", inner: e);
        }
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        using var bytes = new MemoryStream();
        foreach (var token in tokens)
            bytes.Write(_bytes.TryGetValue(token, out var known) ? known : "\uFFFD"u8);
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private void Cut(string text, int level, List<int> tokens)
    {
        if (level == _cuts.Count)
        {
            _vocabulary.Encode(ByteLevelAlphabet.FromBytes(Encoding.UTF8.GetBytes(text)), tokens);
            return;
        }

        var at = 0;
        foreach (var match in _cuts[level].EnumerateMatches(text))
        {
            if (match.Length == 0) continue;
            if (match.Index > at) Cut(text[at..match.Index], level + 1, tokens);
            Cut(text.Substring(match.Index, match.Length), level + 1, tokens);
            at = match.Index + match.Length;
        }

        if (at < text.Length) Cut(text[at..], level + 1, tokens);
    }
}
