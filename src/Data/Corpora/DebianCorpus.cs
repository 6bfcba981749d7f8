using System.IO.Compression;
using System.Security.Cryptography;
using DyT.Config;

namespace DyT.Data;

/// <summary>Compressed files (.gz) of a Debian package, each known by the SHA-256 of what it holds, so that it may have been compressed anew.</summary>
/// <param name="Name">The corpus.</param>
/// <param name="Package">Name of the package.</param>
/// <param name="Folder">Folder of the files, without a leading slash, in the package and where it is installed.</param>
/// <param name="Hashes">SHA-256 of each file's decompressed content by the file's bare name.</param>
internal sealed record DebianCorpus(string Name, string Package, string Folder, IReadOnlyDictionary<string, string> Hashes)
    : PackagedCorpus(Name, Hashes.Count, Combined(Hashes.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => (pair.Key, pair.Value))))
{
    private const long MaxFileBytes = 1L << 30;

    /// <summary>Root of the system in which the package may be installed.</summary>
    public string InstalledUnder { get; init; } = "/";

    protected override bool IsWanted(string name) => Hashes.ContainsKey(name);

    protected override string HashOf(IReadOnlyList<string> files) => Combined(files.Select(path => (Path.GetFileName(path), Checked(path))));

    protected override void Fetch(string download, string files, string place, Action<string>? progress, CancellationToken ct)
    {
        var installed = Files(Path.Combine(InstalledUnder, Folder));
        if (installed.Length == Count && Array.TrueForAll(installed, path => HashOfContent(path) == Hashes[Path.GetFileName(path)]))
        {
            foreach (var path in installed) File.Copy(path, Path.Combine(files, Path.GetFileName(path)));
            return;
        }

        progress?.Invoke($"fetching {Name} (package {Package}) by apt-get");
        var advice = $"copy {string.Join(", ", Hashes.Keys.Order(StringComparer.Ordinal))} of that package to '{place}' (where there is apt, 'apt-get update' may be all that is missing)";
        var archive = DebianPackage.Fetch(Package, download, advice, ct);
        DebianPackage.Extract(archive, name => IsWanted(Path.GetFileName(name)) && name == $"{Folder}/{Path.GetFileName(name)}", files, MaxFileBytes, advice, ct);
    }

    /// <summary>The SHA-256 of what a file holds, which must be the one known.</summary>
    private string Checked(string path)
    {
        var (hash, wanted) = (HashOfContent(path), Hashes[Path.GetFileName(path)]);
        return hash == wanted ? hash
            : throw new UserErrorException($"{path}: it is not the file expected (SHA-256 {hash[..12]}... instead of {wanted[..12]}...): delete its folder and run 'dyt data get {Name}'.");
    }

    private static string HashOfContent(string path)
    {
        using var file = InputFile.Open(path, "file");
        using var content = new GZipStream(file, CompressionMode.Decompress);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 18];
        try
        {
            long total = 0;
            int read;
            while ((read = InputFile.Guard(path, () => content.Read(buffer))) > 0)
            {
                if ((total += read) > MaxFileBytes) throw new InvalidDataException($"it unpacks to more than {MaxFileBytes} bytes");
                hash.AppendData(buffer, 0, read);
            }
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException($"{path}: its compression is damaged ({e.Message.TrimEnd('.')}); get it again.", inner: e);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Combined(IEnumerable<(string Name, string Hash)> files)
    {
        using var digest = new Digest();
        foreach (var (name, hash) in files) digest.Add(name).Add(hash);
        return digest.Hex();
    }
}
