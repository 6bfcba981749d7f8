using System.Text.Json;
using DyT.Config;

namespace DyT.Data;

/// <summary>The prose of the .NET SDK's XML documentation as a .jsonl of documents, extracted once per SDK version.</summary>
internal static class DotnetDocsCorpus
{
    public const string FileName = "documents.jsonl";
    public const string Field = "text";

    /// <summary>Raised whenever <see cref="DocumentationProse"/> would give other documents.</summary>
    private const int ExtractionVersion = 1;

    public static bool IsPresent(string cache) => DotnetPack.TryFind() is { } pack && File.Exists(Path.Combine(FolderOf(pack, cache), FileName));

    /// <summary>The folder; its name stands for the content.</summary>
    public static string Get(string cache, Action<string>? progress, CancellationToken ct)
    {
        var pack = DotnetPack.Find();
        var folder = FolderOf(pack, cache);
        var file = Path.Combine(folder, FileName);
        if (File.Exists(file)) return folder;
        CacheFolder.Create(Path.GetDirectoryName(folder)!);
        using var held = FileLock.Take(folder + ".lock", progress, ct);
        if (File.Exists(file)) return folder;

        progress?.Invoke($"reading the prose of the .NET {pack.Version} documentation");
        CacheFolder.Writing(folder, () => Extract(pack, folder, ct));
        return folder;
    }

    private static void Extract(DotnetPack pack, string folder, CancellationToken ct)
    {
        var aside = CacheFolder.CreateAside(folder);
        using (var stream = File.Create(Path.Combine(aside, FileName)))
        {
            foreach (var document in DocumentationProse.Distinct(pack.Files, ct))
            {
                JsonSerializer.Serialize(stream, new Dictionary<string, string> { [Field] = document });
                stream.WriteByte((byte)'\n');
            }

            stream.Flush(flushToDisk: true);
        }

        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        Directory.Move(aside, folder);
    }

    private static string FolderOf(DotnetPack pack, string cache)
    {
        using var digest = new Digest();
        digest.Add(ExtractionVersion);
        foreach (var file in pack.Files) digest.Add(Path.GetFileName(file)).Add(new FileInfo(file).Length);
        return Path.Combine(Path.GetFullPath(cache), "corpora", $"{Corpora.DotnetDocs}-{pack.Version}-{digest.Hex()[..12]}");
    }
}
