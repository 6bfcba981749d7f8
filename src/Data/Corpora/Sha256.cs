using System.Security.Cryptography;

namespace DyT.Data;

internal static class Sha256
{
    /// <summary>Hash of files one after the other.</summary>
    public static string Of(IEnumerable<string> files)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var file in files)
            hash.AppendData(File.ReadAllBytes(file));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static void Check(IEnumerable<string> files, string expected, string origin)
    {
        var list = files.ToList();
        if (list.Count == 0 || list.Exists(f => !File.Exists(f)))
            throw new DataException($"{origin} does not hold the files that were expected in it");
        var actual = Of(list);
        if (actual != expected)
            throw new DataException($"what came from {origin} is not what is expected: SHA-256 {actual} instead of {expected}; nothing of it was kept");
    }
}
