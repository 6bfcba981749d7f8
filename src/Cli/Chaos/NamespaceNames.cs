using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace DyT.Cli.Chaos;

/// <summary>What a run's namespaces, bridges and links are called: <c>dyt</c>, six hex digits of the run's identity, a letter, an index. Interfaces' names have 15 characters at most.</summary>
public sealed partial record NamespaceNames(string Prefix)
{
    public string MainBridge => $"{Prefix}a";

    public string IslandBridge => $"{Prefix}b";

    /// <summary>Held by the process that the names belong to, for as long as it lives.</summary>
    public string LockFile => Path.Combine("/run/dyt", $"{Prefix}.lock");

    public static NamespaceNames Of(string runId) =>
        new("dyt" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(runId)).AsSpan(0, 3)));

    public string Namespace(int index) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}n{index}");

    /// <summary>The end of the pair that is plugged into a bridge.</summary>
    public string Link(int index) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}v{index}");

    /// <summary>The prefixes of all names of this kind in a text.</summary>
    public static IEnumerable<string> PrefixesIn(string text) => Name().Matches(text).Select(match => match.Groups[1].Value).Distinct();

    /// <summary>This prefix's own names in a text.</summary>
    public IEnumerable<string> In(string text) => Name().Matches(text).Where(match => match.Groups[1].Value == Prefix).Select(match => match.Value).Distinct();

    [GeneratedRegex(@"\b(dyt[0-9a-f]{6})(?:[ab]|[nv][0-9]{1,3})\b")]
    private static partial Regex Name();
}
