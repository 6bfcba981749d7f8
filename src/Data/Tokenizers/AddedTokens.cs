using System.Text;
using System.Text.RegularExpressions;

namespace DyT.Data;

/// <summary>Ordinary tokens beside the merges (such as runs of spaces) that are found in the text before anything else.</summary>
internal sealed class AddedTokens : IBpeScheme
{
    private readonly IBpeScheme _rest;
    private readonly Dictionary<string, int> _tokens;
    private readonly Regex _pattern;

    public AddedTokens(Dictionary<string, int> tokens, IBpeScheme rest)
    {
        _tokens = tokens;
        _rest = rest;
        // Alternatives are tried in order: the longest of several that start at the same place wins.
        _pattern = new Regex(string.Join('|', tokens.Keys.OrderByDescending(token => token.Length).ThenBy(token => token, StringComparer.Ordinal).Select(Regex.Escape)), RegexOptions.CultureInvariant);
    }

    public IEnumerable<string> Rules => ["added tokens", .. _tokens.Keys.Order(StringComparer.Ordinal), .. _rest.Rules];

    public void Encode(string text, List<int> tokens)
    {
        var at = 0;
        foreach (var match in _pattern.EnumerateMatches(text))
        {
            _rest.Encode(text[at..match.Index], tokens);
            tokens.Add(_tokens[text.Substring(match.Index, match.Length)]);
            at = match.Index + match.Length;
        }

        _rest.Encode(text[at..], tokens);
    }

    public string Decode(ReadOnlySpan<int> tokens) => _rest.Decode(tokens);
}
