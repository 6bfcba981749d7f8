using DyT.Config;
using Microsoft.ML.Tokenizers;

namespace DyT.Data;

/// <summary>
/// Vocabulary and merges of a byte-pair encoding, checked, with the merging itself done by Microsoft.ML.Tokenizers. How
/// text is cut into words and written in the vocabulary's alphabet is the caller's part: byte-level or metaspace.
/// </summary>
internal sealed class BpeVocabulary
{
    /// <summary>Largest token number plus one that is accepted: a bound against a model blown up by a damaged file.</summary>
    public const int MaxSize = 1 << 24;

    private readonly BpeTokenizer _merger;
    private readonly Dictionary<string, int> _ids;
    private readonly Dictionary<int, string> _tokens; // not an array: a few bytes can name a large number
    private readonly bool _wholeWords;

    /// <param name="ids">Number of every token, special ones included.</param>
    /// <param name="merges">Pairs "left right" by falling rank.</param>
    /// <param name="wholeWords">A word that is a token is that token, whatever the merges say ("ignore_merges").</param>
    /// <param name="place">The file, for messages.</param>
    public BpeVocabulary(Dictionary<string, int> ids, IReadOnlyList<string> merges, bool wholeWords, string place)
    {
        _ids = ids;
        Merges = merges;
        _wholeWords = wholeWords;
        _tokens = Index(ids, place);
        Size = _tokens.Keys.Max() + 1;
        Check(ids, merges, place);
        _merger = BpeTokenizer.Create(new BpeOptions(ids) { Merges = merges });
    }

    public IReadOnlyDictionary<string, int> Ids => _ids;

    public IReadOnlyList<string> Merges { get; }

    /// <summary>Largest token number plus one.</summary>
    public int Size { get; }

    /// <summary>Token of a number; null for a number that has none.</summary>
    public string? Token(int id) => _tokens.GetValueOrDefault(id);

    public bool WholeWords => _wholeWords;

    /// <summary>Appends the tokens of one word, of which every character must be a token.</summary>
    public void Encode(string word, List<int> tokens)
    {
        if (word.Length == 0) return;
        if (_wholeWords && _ids.TryGetValue(word, out var id)) tokens.Add(id);
        else tokens.AddRange(_merger.EncodeToIds(word, considerPreTokenization: false, considerNormalization: false));
    }

    private static Dictionary<int, string> Index(Dictionary<string, int> ids, string place)
    {
        if (ids.Count == 0) throw new UserErrorException($"{place}: the vocabulary is empty; check that it is the right file.");
        foreach (var (token, id) in ids)
            if (id is < 0 or >= MaxSize) throw new UserErrorException($"{place}: token '{token}' has the number {id}, which is outside 0..{MaxSize - 1}; check that it is the right file.");
        var tokens = new Dictionary<int, string>(ids.Count);
        foreach (var (token, id) in ids)
        {
            if (tokens.TryGetValue(id, out var other)) throw new UserErrorException($"{place}: the tokens '{other}' and '{token}' have the same number {id}; the file is damaged.");
            tokens[id] = token;
        }

        return tokens;
    }

    private static void Check(Dictionary<string, int> ids, IReadOnlyList<string> merges, string place)
    {
        var seen = new HashSet<string>(merges.Count, StringComparer.Ordinal);
        for (var i = 0; i < merges.Count; i++)
        {
            var parts = merges[i].Split(' ');
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0)
                throw new UserErrorException($"{place}: merge {i + 1} is '{merges[i]}', not two tokens with a space between; the file is damaged.");
            if (!seen.Add(merges[i]))
                throw new UserErrorException($"{place}: merge {i + 1}, '{merges[i]}', stands twice, so that its rank is not clear; the file is damaged.");
            foreach (var token in new[] { parts[0], parts[1], parts[0] + parts[1] })
                if (!ids.ContainsKey(token))
                    throw new UserErrorException($"{place}: merge {i + 1} needs the token '{token}', which the vocabulary lacks; vocabulary and merges do not belong together.");
        }
    }
}
