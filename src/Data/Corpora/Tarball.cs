using System.Formats.Tar;
using System.IO.Compression;
using DyT.Config;

namespace DyT.Data;

/// <summary>Reads chosen files out of a .tgz archive; names, counts and sizes in it are not trusted.</summary>
internal static class Tarball
{
    private const int MaxEntries = 200_000;
    private const long MaxTotalBytes = 4L << 30;

    /// <summary>Writes the wanted regular files into a folder, under their bare names.</summary>
    /// <param name="archive">The .tgz file.</param>
    /// <param name="wanted">Whether an entry, by its full name, is wanted.</param>
    /// <param name="folder">An existing folder.</param>
    /// <param name="maxFileBytes">Bound on a wanted file.</param>
    /// <param name="ct">Stops between entries.</param>
    /// <returns>How many files were written.</returns>
    public static int Extract(string archive, Predicate<string> wanted, string folder, long maxFileBytes, CancellationToken ct) => Guard(Path.GetFileName(archive), () =>
    {
        using var compressed = File.OpenRead(archive);
        using var unpacked = new GZipStream(compressed, CompressionMode.Decompress);
        return Read(unpacked, wanted, folder, maxFileBytes, ct);
    });

    /// <summary>The same for a stream that is not compressed; <paramref name="name"/> is what messages call it.</summary>
    public static int Extract(Stream archive, string name, Predicate<string> wanted, string folder, long maxFileBytes, CancellationToken ct) =>
        Guard(name, () => Read(archive, wanted, folder, maxFileBytes, ct));

    private static int Read(Stream archive, Predicate<string> wanted, string folder, long maxFileBytes, CancellationToken ct)
    {
        using var tar = new TarReader(archive, leaveOpen: true);
        var (entries, files, total) = (0, 0, 0L);
        while (tar.GetNextEntry() is { } entry)
        {
            ct.ThrowIfCancellationRequested();
            if (++entries > MaxEntries || entry.Length < 0 || (total += entry.Length) > MaxTotalBytes)
                throw new InvalidDataException($"it unpacks to more than {MaxEntries} files or {MaxTotalBytes} bytes");
            if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !wanted(entry.Name)) continue;
            if (entry.Length > maxFileBytes) throw new InvalidDataException($"{entry.Name} has {entry.Length} bytes, more than {maxFileBytes}");
            // The bare name keeps every path of the archive inside the folder.
            entry.ExtractToFile(Path.Combine(folder, Path.GetFileName(entry.Name)), overwrite: false);
            files++;
        }

        return files;
    }

    private static int Guard(string archive, Func<int> extract)
    {
        try
        {
            return extract();
        }
        catch (Exception e) when (e is InvalidDataException or IOException or FormatException or OverflowException or ArgumentException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The archive '{archive}' cannot be unpacked ({e.Message.TrimEnd('.')}): fetch it again.", inner: e);
        }
    }
}
