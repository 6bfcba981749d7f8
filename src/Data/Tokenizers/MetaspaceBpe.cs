using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// BPE over characters in which a space is written U+2581, as in tokenizer.json files converted from SentencePiece (LLaMA 2,
/// Mistral). A character that is no token becomes its UTF-8 bytes' tokens <c>&lt;0xXX&gt;</c>, or the unknown token.
/// </summary>
internal sealed class MetaspaceBpe : IBpeScheme
{
    public const char Space = '\u2581';

    private readonly BpeVocabulary _vocabulary;
    private readonly MetaspaceOptions _options;
    private readonly int[]? _byteTokens;

    public MetaspaceBpe(BpeVocabulary vocabulary, MetaspaceOptions options, string place)
    {
        _vocabulary = vocabulary;
        _options = options;
        if (options.ByteFallback)
            _byteTokens = [.. Enumerable.Range(0, 256).Select(b => vocabulary.Ids.TryGetValue(ByteToken(b), out var id) ? id
                : throw new UserErrorException($"{place}: byte_fallback needs the token {ByteToken(b)}, which the vocabulary lacks; check that it is the right file."))];
        else if (options.Unknown is null)
            throw new UserErrorException($"{place}: the model has neither byte_fallback nor unk_token, so some text would have no tokens; such a tokenizer.json is not supported.");

        // Words are merged one by one. Where the file itself does not cut, that is right only if no token reaches from one word into the next.
        if (options.SplitEverySpace) return;
        var crossing = vocabulary.Merges.Select(merge => merge.Replace(" ", "", StringComparison.Ordinal)).FirstOrDefault(CrossesWords);
        if (crossing is not null)
            throw new UserErrorException($"{place}: the merged token '{crossing}' reaches over a space between words; such a tokenizer.json is not supported.");
    }

    public IEnumerable<string> Rules => ["metaspace", _options.ToString()];

    public void Encode(string text, List<int> tokens)
    {
        if (text.Length == 0) return;
        text = text.Replace(' ', Space);
        if (_options.Prefix == SpacePrefix.Always || (_options.Prefix == SpacePrefix.UnlessThere && text[0] != Space)) text = Space + text;
        for (var start = 0; start < text.Length;)
        {
            var end = start + 1;
            while (end < text.Length && !StartsWord(text, end)) end++;
            EncodeWord(text[start..end], tokens);
            start = end;
        }
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        using var bytes = new MemoryStream();
        foreach (var id in tokens)
        {
            if (_byteTokens is not null && _vocabulary.Token(id) is { } token && IsByteToken(token))
                bytes.WriteByte(Convert.FromHexString(token.AsSpan(3, 2))[0]);
            else
                bytes.Write(Encoding.UTF8.GetBytes((_vocabulary.Token(id) ?? "\uFFFD").Replace(Space, ' ')));
        }

        var text = Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        return _options.Prefix != SpacePrefix.None && text.StartsWith(' ') ? text[1..] : text;
    }

    /// <summary>A word starts at a space; of several in a row at the first one, unless every space is cut off.</summary>
    private bool StartsWord(string text, int at) => text[at] == Space && (_options.SplitEverySpace || text[at - 1] != Space);

    private bool CrossesWords(string token) => Enumerable.Range(1, Math.Max(0, token.Length - 1)).Any(at => StartsWord(token, at));

    /// <summary>No merge can reach over a character that is no token, so the runs between such characters are merged apart.</summary>
    private void EncodeWord(string word, List<int> tokens)
    {
        var start = 0;
        var unknownBefore = false;
        for (var at = 0; at < word.Length;)
        {
            var valid = Rune.TryGetRuneAt(word, at, out var rune);
            var length = valid ? rune.Utf16SequenceLength : 1;
            if (_vocabulary.Ids.ContainsKey(word.Substring(at, length)))
            {
                unknownBefore = false;
            }
            else
            {
                _vocabulary.Encode(word[start..at], tokens);
                Unknown(valid ? rune : Rune.ReplacementChar, unknownBefore && start == at, tokens);
                unknownBefore = true;
                start = at + length;
            }

            at += length;
        }

        _vocabulary.Encode(word[start..], tokens);
    }

    private void Unknown(Rune rune, bool followsUnknown, List<int> tokens)
    {
        if (_byteTokens is null)
        {
            if (!(_options.FuseUnknown && followsUnknown)) tokens.Add(_options.Unknown!.Value);
            return;
        }

        Span<byte> bytes = stackalloc byte[4];
        foreach (var b in bytes[..rune.EncodeToUtf8(bytes)]) tokens.Add(_byteTokens[b]);
    }

    private static string ByteToken(int b) => $"<0x{b:X2}>";

    private static bool IsByteToken(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>' && char.IsAsciiHexDigit(token[3]) && char.IsAsciiHexDigit(token[4]);
}

/// <summary>Whether a text gets a leading space, which decoding takes away.</summary>
internal enum SpacePrefix { None, Always, UnlessThere }

/// <summary>How a metaspace vocabulary is used.</summary>
/// <param name="Prefix">Leading space.</param>
/// <param name="SplitEverySpace">Every space starts a word (else a run of spaces does, and may be one token).</param>
/// <param name="ByteFallback">Unknown characters become byte tokens.</param>
/// <param name="FuseUnknown">Unknown characters in a row become one unknown token.</param>
/// <param name="Unknown">The unknown token, if any.</param>
internal sealed record MetaspaceOptions(SpacePrefix Prefix, bool SplitEverySpace, bool ByteFallback, bool FuseUnknown, int? Unknown);
