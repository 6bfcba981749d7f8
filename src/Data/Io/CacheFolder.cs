using DyT.Config;

namespace DyT.Data;

/// <summary>Folders of the cache: made, and filled aside so that what has its name is whole.</summary>
internal static class CacheFolder
{
    public static void Create(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The cache folder '{folder}' cannot be made ({e.Message.TrimEnd('.')}): give data.cache a folder that you may write to.", inner: e);
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
