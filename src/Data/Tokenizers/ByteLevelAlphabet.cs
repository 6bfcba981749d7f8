namespace DyT.Data;

/// <summary>
/// GPT-2's writing of bytes as printable characters, so that a byte-level vocabulary can be kept as text: the printable bytes
/// of Latin-1 stand for themselves, the other 68 for U+0100, U+0101 ... in order.
/// </summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly Dictionary<char, byte> Bytes = Characters.Select((c, b) => (c, b)).ToDictionary(pair => pair.c, pair => (byte)pair.b);

    /// <summary>The 256 characters, by byte.</summary>
    public static ReadOnlySpan<char> All => Characters;

    public static string FromBytes(ReadOnlySpan<byte> bytes)
    {
        var characters = new char[bytes.Length];
        for (var i = 0; i < characters.Length; i++) characters[i] = Characters[bytes[i]];
        return new string(characters);
    }

    /// <summary>The bytes that a token of the vocabulary stands for; null when it is not written in this alphabet (a special token).</summary>
    public static byte[]? ToBytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < bytes.Length; i++)
            if (!Bytes.TryGetValue(token[i], out bytes[i])) return null;
        return bytes;
    }

    private static char[] Build()
    {
        var characters = new char[256];
        var next = 256;
        for (var b = 0; b < 256; b++)
            characters[b] = b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)b : (char)next++;
        return characters;
    }
}
