using System.Text;
using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Two Bible translations verse by verse, from Debian's packages of SWORD texts: one file of lines "source, tab, target". The packages hold data alone, which is read here;
/// nothing of them is run. Verses that one of the two leaves out are left out.
/// </summary>
/// <param name="Name">The corpus.</param>
/// <param name="Source">Package and module (folder) of the source text.</param>
/// <param name="Target">Of the target text.</param>
/// <param name="Sha256">Of the file, lowercase hexadecimal.</param>
internal sealed record BibleCorpus(string Name, (string Package, string Module) Source, (string Package, string Module) Target, string Sha256) : PackagedCorpus(Name, 1, Sha256)
{
    private const string Modules = "usr/share/sword/modules/texts/ztext";
    private const long MaxFileBytes = 1 << 26;

    /// <summary>Root of the system in which the packages may be installed.</summary>
    public string InstalledUnder { get; init; } = "/";

    private string FileName => $"{Name}.tsv";

    protected override bool IsWanted(string name) => name == FileName;

    protected override string HashOf(IReadOnlyList<string> files) => Digest.OfFiles(files);

    protected override void Fetch(string download, string files, string place, Action<string>? progress, CancellationToken ct)
    {
        var advice = $"copy {FileName}, made on a machine with apt, to '{place}' (where there is apt, 'apt-get update' may be all that is missing)";
        var source = Texts(Source, Path.Combine(download, "source"), advice, progress, ct);
        var target = Texts(Target, Path.Combine(download, "target"), advice, progress, ct);
        File.WriteAllText(Path.Combine(files, FileName), Join(source, target), new UTF8Encoding(false));
    }

    /// <summary>Lines of the verses that are in both, in the source's order.</summary>
    internal static string Join(IEnumerable<(string Key, string Osis)> source, IEnumerable<(string Key, string Osis)> target)
    {
        var targets = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, osis) in target) targets.TryAdd(key, OsisText.Plain(osis));
        var lines = new StringBuilder();
        foreach (var (key, osis) in source)
        {
            if (OsisText.Plain(osis) is { Length: > 0 } text && targets.GetValueOrDefault(key) is { Length: > 0 } other)
                lines.Append(text).Append('\t').Append(other).Append('\n');
        }

        return lines.ToString();
    }

    private List<(string Key, string Osis)> Texts((string Package, string Module) from, string download, string advice, Action<string>? progress, CancellationToken ct)
    {
        var installed = Path.Combine(InstalledUnder, Modules, from.Module);
        if (SwordText.Files.All(name => File.Exists(Path.Combine(installed, name)))) return [.. SwordText.Verses(installed)];
        progress?.Invoke($"fetching {Name} (package {from.Package}) by apt-get");
        var unpacked = Path.Combine(download, "text");
        Directory.CreateDirectory(unpacked);
        var archive = DebianPackage.Fetch(from.Package, download, advice, ct);
        var folder = $"{Modules}/{from.Module}/";
        DebianPackage.Extract(archive, name => name.StartsWith(folder, StringComparison.Ordinal) && SwordText.Files.Contains(name[folder.Length..]), unpacked, MaxFileBytes, advice, ct);
        return [.. SwordText.Verses(unpacked)];
    }
}
