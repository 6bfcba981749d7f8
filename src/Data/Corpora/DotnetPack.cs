using System.Runtime.InteropServices;
using DyT.Config;

namespace DyT.Data;

/// <summary>The .NET SDK's reference pack, which holds the XML documentation.</summary>
/// <param name="Version">The pack's version.</param>
/// <param name="Files">The XML files, in ordinal order of their names.</param>
internal sealed record DotnetPack(Version Version, IReadOnlyList<string> Files)
{
    /// <summary>The newest pack with documentation under the first .NET root that has one.</summary>
    public static DotnetPack Find() => TryFind() ?? throw new UserErrorException(
        "The .NET SDK's XML documentation (packs/Microsoft.NETCore.App.Ref) was not found: install the .NET SDK (not the runtime alone) or set DOTNET_ROOT to its folder, or choose another data.source.");

    public static DotnetPack? TryFind() => Roots().Select(In).FirstOrDefault(pack => pack is not null);

    /// <summary>The newest pack under a .NET root; previews count like their release.</summary>
    internal static DotnetPack? In(string root)
    {
        var packs = Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref");
        if (!Directory.Exists(packs)) return null;
        return Directory.GetDirectories(packs)
            .Select(folder => Version.TryParse(Path.GetFileName(folder).Split('-')[0], out var version) ? new DotnetPack(version, Xml(folder)) : null)
            .Where(pack => pack is { Files.Count: > 0 })
            .MaxBy(pack => pack!.Version);
    }

    private static string[] Xml(string folder)
    {
        var references = Path.Combine(folder, "ref");
        return Directory.Exists(references)
            ? [.. Directory.GetFiles(references, "*.xml", SearchOption.AllDirectories).Order(StringComparer.Ordinal)]
            : [];
    }

    private static IEnumerable<string> Roots()
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } named) yield return named;
        // shared/Microsoft.NETCore.App/<version>/ under the root.
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var program = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var path = Path.Combine(folder, program);
            if (!File.Exists(path)) continue;
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
            yield return Path.GetDirectoryName(Path.GetFullPath(target))!;
        }
    }
}
