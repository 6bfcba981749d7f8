using DyT.Config;

namespace DyT.Data;

/// <summary>
/// What is made once and kept in a folder of the cache: several processes may ask for it at once, one makes it; damaged, it is made again; half-made,
/// it never stands under its name.
/// </summary>
internal static class PreparedOnce
{
    /// <param name="folder">Full path of the folder; its name stands for everything that the content depends on.</param>
    /// <param name="open">Reads and checks it; a <see cref="UserErrorException"/> says that it is damaged.</param>
    /// <param name="build">Fills a fresh folder, which then takes the folder's name.</param>
    /// <param name="progress">Told, in a phrase, about what takes time.</param>
    /// <param name="ct">Stops the waiting.</param>
    public static T Get<T>(string folder, Func<T> open, Action<string> build, Action<string>? progress, CancellationToken ct)
        where T : class
    {
        if (TryOpen(folder, open, null) is { } present) return present;
        CacheFolder.Create(Path.GetDirectoryName(folder)!);
        using var held = FileLock.Take(folder + ".lock", progress, ct);
        // Another process may have made it while this one waited.
        if (TryOpen(folder, open, progress) is { } made) return made;
        CacheFolder.Writing(folder, () =>
        {
            var aside = CacheFolder.CreateAside(folder);
            try
            {
                build(aside);
                if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
                Directory.Move(aside, folder);
            }
            finally
            {
                if (Directory.Exists(aside)) Directory.Delete(aside, recursive: true);
            }
        });
        return open();
    }

    private static T? TryOpen<T>(string folder, Func<T> open, Action<string>? progress)
        where T : class
    {
        if (!Directory.Exists(folder)) return null;
        try
        {
            return open();
        }
        catch (UserErrorException e)
        {
            progress?.Invoke($"prepared data is damaged and is made again ({e.Message.TrimEnd('.')})");
            return null;
        }
    }
}
