using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>One token per UTF-8 byte; 256 tokens, any text.</summary>
public sealed class BytesTokenizer : ITokenizer
{
    public TokenizerKind Kind => TokenizerKind.Bytes;

    public int VocabSize => 256;

    public string VocabHash { get; } = VocabularyHash.Of("utf-8 bytes", [], []);

    public int? EndOfText => null;

    public int[] Encode(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Array.ConvertAll(bytes, b => (int)b);
    }

    public string Decode(ReadOnlySpan<int> tokens)
    {
        // 0xFF occurs in no UTF-8 text, so the decoder makes U+FFFD of a number that is no byte.
        var bytes = new byte[tokens.Length];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = tokens[i] is >= 0 and < 256 ? (byte)tokens[i] : (byte)0xFF;
        return Encoding.UTF8.GetString(bytes);
    }

    public void Save(string folder) => TokenizerStore.Write(folder, this, []);
}
