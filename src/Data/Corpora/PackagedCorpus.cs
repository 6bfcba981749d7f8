using DyT.Config;

namespace DyT.Data;

/// <summary>Files of a package that are kept in <c>&lt;cache&gt;/corpora/NAME</c> and are the ones meant only if their hash is the one known.</summary>
/// <param name="Name">The corpus.</param>
/// <param name="Count">How many files there are.</param>
/// <param name="Sha256">Stands for their content, lowercase hexadecimal.</param>
internal abstract record PackagedCorpus(string Name, int Count, string Sha256)
{
    private const string VerifiedMark = ".verified";

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
        ? [.. Directory.GetFiles(folder).Where(path => IsWanted(Path.GetFileName(path))).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Whether a file, by its bare name, is one of the corpus.</summary>
    protected abstract bool IsWanted(string name);

    /// <summary>What comes out as <see cref="Sha256"/> for the right files.</summary>
    protected abstract string HashOf(IReadOnlyList<string> files);

    /// <summary>Gets the package and puts the corpus's files into a folder.</summary>
    /// <param name="download">An empty folder for what comes on the way.</param>
    /// <param name="files">An empty folder for the files.</param>
    /// <param name="place">Where a person can put the files instead, for messages.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the fetching.</param>
    protected abstract void Fetch(string download, string files, string place, Action<string>? progress, CancellationToken ct);

    private void Fetch(string folder, Action<string>? progress, CancellationToken ct)
    {
        var aside = CacheFolder.CreateAside(folder);
        try
        {
            var download = Path.Combine(aside, "download");
            var files = Path.Combine(aside, "files");
            Directory.CreateDirectory(download);
            Directory.CreateDirectory(files);
            Fetch(download, files, folder, progress, ct);
            Accept(files);
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            Directory.Move(files, folder);
        }
        finally
        {
            Directory.Delete(aside, recursive: true);
        }
    }

    /// <summary>
    /// Checks the files' hash and leaves a mark with it and their size, so that a later start need not read them to notice
    /// that they were cut short or replaced.
    /// </summary>
    private void Accept(string folder)
    {
        var files = Files(folder);
        if (files.Length != Count || HashOf(files) != Sha256)
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
