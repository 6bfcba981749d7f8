namespace DyT.Data;

/// <summary>
/// Text of tokens that come one by one. A token may end within a character, whose bytes are then held back until the rest has come: what is given out never has to be taken back.
/// All that is given out, put together, is what <see cref="ITokenizer.Decode"/> makes of all tokens.
/// </summary>
public sealed class TokenText(ITokenizer tokenizer)
{
    private const char Replacement = '\uFFFD';

    // The last tokens whose text ended with a whole character, then those since: what a token reads as can depend on whether one stands before it.
    private readonly List<int> _tokens = [];
    private int _whole;
    private int _given; // characters of the text of _tokens

    /// <summary>The text that became certain by one more token; perhaps none.</summary>
    public string Add(int token)
    {
        _tokens.Add(token);
        var text = Decode(_tokens.Count);
        // Bytes that begin a character decode to a single replacement character at the end.
        var certain = text.EndsWith(Replacement) ? text.Length - 1 : text.Length;
        var added = certain > _given ? text[_given..certain] : "";
        _given = Math.Max(_given, certain);
        if (added.Length > 0 && certain == text.Length)
        {
            _tokens.RemoveRange(0, _whole);
            _whole = _tokens.Count;
            _given = Decode(_whole).Length;
        }

        return added;
    }

    /// <summary>What was held back, when no token follows.</summary>
    public string End()
    {
        var text = Decode(_tokens.Count);
        var rest = text.Length > _given ? text[_given..] : "";
        _given = text.Length;
        return rest;
    }

    private string Decode(int count) => tokenizer.Decode(_tokens.Take(count).ToArray());
}
