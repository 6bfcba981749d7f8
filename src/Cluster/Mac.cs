using System.Security.Cryptography;
using System.Text;

namespace DyT.Cluster;

/// <summary>HMAC-SHA256 over a list of words.</summary>
public static class Mac
{
    /// <summary>32 bytes. The lengths stand before the words, so that no two lists are the same text.</summary>
    public static byte[] Of(byte[] key, params IEnumerable<string> words) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(string.Concat(words.Select(w => $"{w.Length}:{w}"))));
}
