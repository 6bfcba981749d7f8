using System.Security.Cryptography;
using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>One token per UTF-8 byte: a vocabulary of 256 for any text.</summary>
public sealed class ByteTokenizer : ITokenizer
{
    public TokenizerKind Kind => TokenizerKind.Bytes;

    public int VocabSize => 256;

    public string VocabHash { get; } = Convert.ToHexStringLower(SHA256.HashData("bytes"u8));

    public int? EndOfText => null;

    public int[] Encode(string text) => Array.ConvertAll(Encoding.UTF8.GetBytes(text), b => (int)b);

    /// <summary>Bytes that are not UTF-8 become the replacement character.</summary>
    public string Decode(ReadOnlySpan<int> tokens)
    {
        var bytes = new byte[tokens.Length];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = checked((byte)tokens[i]);
        return Encoding.UTF8.GetString(bytes);
    }

    public void Save(string folder) => TokenizerStore.Write(folder, new TokenizerDescription { Kind = Kind });
}
