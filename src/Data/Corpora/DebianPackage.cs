namespace DyT.Data;

/// <summary>Fetches a package of Debian by apt, which checks its signature, and reads files out of it; nothing is installed and nothing of it is run.</summary>
internal static class DebianPackage
{
    /// <summary>Puts the package's archive into a folder and gives its path.</summary>
    /// <param name="name">The package.</param>
    /// <param name="folder">An empty folder.</param>
    /// <param name="advice">What to do when it fails, a clause for the message's end.</param>
    /// <param name="ct">Ends apt as well.</param>
    public static string Fetch(string name, string folder, string advice, CancellationToken ct)
    {
        var apt = new PackageClient("apt-get", $"fetches Debian's package {name}", "use one with Debian or a system made from it", advice);
        apt.Run(folder, null, ["--quiet=2", "download", name], ct);
        return Directory.GetFiles(folder, "*.deb") is [var archive] ? archive : throw apt.Failed("it left no package");
    }

    /// <summary>Writes the wanted regular files of a package into a folder, under their bare names.</summary>
    /// <param name="archive">The .deb file.</param>
    /// <param name="wanted">Whether a file, by its full name without a leading <c>./</c>, is wanted.</param>
    /// <param name="folder">An existing folder.</param>
    /// <param name="maxFileBytes">Bound on a wanted file.</param>
    /// <param name="advice">What to do when it fails, a clause for the message's end.</param>
    /// <param name="ct">Stops between files.</param>
    public static void Extract(string archive, Predicate<string> wanted, string folder, long maxFileBytes, string advice, CancellationToken ct)
    {
        // dpkg-deb knows how the content is compressed; the names in it are looked at here, so that none leads out of the folder.
        var dpkg = new PackageClient("dpkg-deb", $"unpacks {Path.GetFileName(archive)}", "install it (package dpkg)", advice);
        dpkg.Run(
            Path.GetDirectoryName(archive)!,
            tar => Tarball.Extract(tar, Path.GetFileName(archive), name => wanted(name.StartsWith("./", StringComparison.Ordinal) ? name[2..] : name), folder, maxFileBytes, ct),
            ["--fsys-tarfile", archive],
            ct);
    }
}
