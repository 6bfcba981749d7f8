namespace DyT.Fuzz.Tests.Engine;

/// <summary>Mutations of JSON and YAML by their words: strings, numbers, names, signs, white space.</summary>
internal static class TextMutations
{
    private const int Common = 8;

    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "null", "[]", "{}", "\"\"", "[null]", "\"\\ud800\"", "-1", "0", "true", "false", "1", "-0", "1.5", "1e9", "1e999", "-1e999", "1e-999", "16777215", "16777216", "2147483647", "2147483648", "-2147483648", "4294967296",
            "9223372036854775807", "9223372036854775808", "-9223372036854775808", "99999999999999999999999999", "NaN", "\"NaN\"", "\"Infinity\"", "\"x\"", "\"\\u0000\"",
            "\"\\udc00\\ud800\"", "\"\\ud83d\\ude00\"", "\"\\u001b[2J\"", "\"\\n\"", "\" \"", "\"a b\"", "\"\ufeff\"", "[", "]", "{", "}", ":", ",", "{\"\\ud800\":1}",
            "{\"a\":null}", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", "//", "/**/", "\n", "\n  ", "\n    ", "- ", "? ", "&a ", "*a", "!!int ", "!<x> ", "|\n", ">\n", "|2-", "'", "\"",
            "#", "%YAML 1.2\n", "---\n", "...\n", "\t", "\r", "\0", "\u0085", "\u2028", "\ufeff", "<<", "~", ".inf", "\"\\U0010ffff\"", "\"\\Uffffffff\"", "\\", "😀", "(", ")", "(a+)+", "{2147483647}",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], // never valid UTF-8
    ];

    public static byte[] Mutate(byte[] bytes, Pool pool, Random random, int largest)
    {
        var words = Split(bytes);
        if (words.Count == 0)
            return Word(random);
        var at = random.Next(words.Count);
        var word = words[at];
        var last = words[random.Next(2) == 0 ? Math.Min(words.Count - 1, at + random.Next(12)) : Closing(bytes, words, at)];
        var rest = bytes.AsSpan(word.End);
        switch (random.Next(9))
        {
            case 0 or 1 or 2:
                return [.. bytes.AsSpan(0, word.Start), .. Word(random), .. rest];
            case 3:
                return ByteMutations.Insert(bytes, word.Start, Word(random));
            case 4:
                return [.. bytes.AsSpan(0, word.Start), .. rest];
            case 5:
                return random.Next(2) == 0
                    ? [.. bytes.AsSpan(0, word.Start), .. bytes.AsSpan(last.End)]
                    : [.. bytes.AsSpan(0, word.Start), .. Word(random), .. bytes.AsSpan(last.End)];
            case 6:
                return ByteMutations.Insert(bytes, word.Start, ByteMutations.Repeated(bytes.AsSpan(word.Start, last.End - word.Start), random, largest));
            case 7:
                var other = words[random.Next(words.Count)];
                return [.. bytes.AsSpan(0, word.Start), .. bytes.AsSpan(other.Start, other.End - other.Start), .. rest];
            default:
                var foreign = pool.Pick(random);
                return Split(foreign) is { Count: > 0 } others && others[random.Next(others.Count)] is var piece
                    ? [.. bytes.AsSpan(0, word.Start), .. foreign.AsSpan(piece.Start, piece.End - piece.Start), .. rest]
                    : bytes;
        }
    }

    /// <summary>The sign that closes what is opened here, so that whole objects and arrays are taken; the word itself where nothing is opened.</summary>
    private static int Closing(byte[] bytes, List<(int Start, int End)> words, int at)
    {
        var depth = 0;
        for (var i = at; i < words.Count; i++)
        {
            depth += bytes[words[i].Start] switch
            {
                (byte)'{' or (byte)'[' => 1,
                (byte)'}' or (byte)']' => -1,
                _ => 0,
            };
            if (depth <= 0)
                return i;
        }

        return at;
    }

    // The first of the list are what a reader meets most where it looks for something else.
    private static byte[] Word(Random random) => Words[random.Next(random.Next(3) == 0 ? Common : Words.Length)];

    private static List<(int Start, int End)> Split(byte[] bytes)
    {
        var words = new List<(int, int)>();
        for (var at = 0; at < bytes.Length;)
        {
            var end = EndOf(bytes, at);
            words.Add((at, end));
            at = end;
        }

        return words;
    }

    private static int EndOf(byte[] bytes, int at)
    {
        var first = bytes[at++];
        if (first is (byte)'"' or (byte)'\'')
        {
            while (at < bytes.Length && bytes[at] != first)
                at += bytes[at] == '\\' ? 2 : 1;
            return Math.Min(at + 1, bytes.Length);
        }

        var kind = KindOf(first);
        while (kind != 0 && at < bytes.Length && KindOf(bytes[at]) == kind)
            at++;
        return at;
    }

    // 0: a sign, which stands alone.
    private static int KindOf(byte b) => b switch
    {
        (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t' => 1,
        (byte)'-' or (byte)'.' or (byte)'_' or (byte)'+' => 2,
        _ when char.IsAsciiLetterOrDigit((char)b) || b >= 0x80 => 2,
        _ => 0,
    };
}
