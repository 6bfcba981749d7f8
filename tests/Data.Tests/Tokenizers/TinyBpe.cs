using System.Text.Json;

namespace DyT.Data.Tests;

/// <summary>
/// A byte-level BPE small enough to merge by hand: the 256 bytes, five merges in this order, and an end token.
/// <c>l o</c>, <c>lo w</c>, <c>e r</c>, <c>Ġ low</c>, <c>Ġlow er</c> (Ġ is the space).
/// </summary>
internal static class TinyBpe
{
    public static readonly string[] Merges = ["l o", "lo w", "e r", "Ġ low", "Ġlow er"];
    public const int Lo = 256;
    public const int Low = 257;
    public const int Er = 258;
    public const int SpaceLow = 259;
    public const int SpaceLower = 260;
    public const int End = 261;

    public static Dictionary<string, int> Vocabulary()
    {
        var ids = new Dictionary<string, int>();
        foreach (var c in ByteLevelAlphabet.All) ids[c.ToString()] = ids.Count;
        foreach (var merge in Merges) ids[merge.Replace(" ", "", StringComparison.Ordinal)] = ids.Count;
        ids["<|endoftext|>"] = ids.Count;
        return ids;
    }

    public static string WriteGpt2(string folder)
    {
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "encoder.json"), JsonSerializer.Serialize(Vocabulary()));
        File.WriteAllText(Path.Combine(folder, "vocab.bpe"), "#version: 0.2\n" + string.Join('\n', Merges) + "\n");
        return folder;
    }
}
