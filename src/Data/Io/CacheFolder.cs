using DyT.Config;

namespace DyT.Data;

/// <summary>Folders of the cache: made, and filled aside so that what has its name is whole.</summary>
internal static class CacheFolder
{
    public static void Create(string folder) => Writing(folder, () => Directory.CreateDirectory(folder));

    /// <summary>Runs what writes to a folder; a full disk or a missing permission becomes a sentence.</summary>
    public static void Writing(string folder, Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The cache folder '{folder}' cannot be written ({e.Message.TrimEnd('.')}): free some disk space or give data.cache another folder.", inner: e);
        }
    }

    /// <summary>
    /// A fresh folder beside a target, on the same file system, to be renamed to it. What earlier processes left there is
    /// removed, so the caller must hold the target's lock.
    /// </summary>
    public static string CreateAside(string target)
    {
        var parent = Path.GetDirectoryName(target)!;
        var prefix = $".{Path.GetFileName(target)}.aside-";
        foreach (var stale in Directory.GetDirectories(parent, prefix + "*")) Directory.Delete(stale, recursive: true);
        var aside = Path.Combine(parent, $"{prefix}{Guid.NewGuid():N}");
        Directory.CreateDirectory(aside);
        return aside;
    }
}
