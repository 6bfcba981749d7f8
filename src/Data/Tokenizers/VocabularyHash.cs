namespace DyT.Data;

/// <summary>The canonical form of a vocabulary whose SHA-256 names it in shards, tokenizers and checkpoints.</summary>
internal static class VocabularyHash
{
    /// <summary>Of a way of cutting text (with what it depends on, such as merges) and the (token, number) pairs.</summary>
    public static string Of(string model, IEnumerable<KeyValuePair<string, int>> vocabulary, IEnumerable<string> rules)
    {
        using var digest = new Digest();
        digest.Add("dyt vocabulary 1").Add(model);
        foreach (var (token, id) in vocabulary.OrderBy(entry => entry.Value).ThenBy(entry => entry.Key, StringComparer.Ordinal))
            digest.Add(id).Add(token);
        digest.Add("rules");
        foreach (var rule in rules) digest.Add(rule);
        return digest.Hex();
    }
}
