using System.Security.Cryptography;
using System.Text;

namespace DyT.Training.Data;

/// <summary>One hash for two vocabularies.</summary>
internal static class PairHash
{
    public static string Of(string source, string target) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{source}\n{target}")));
}
