using System.Diagnostics;

namespace DyT.Data;

/// <summary>Lets one process at a time prepare a folder. The system releases it when its holder dies.</summary>
internal static class FolderLock
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromHours(2);

    public static FileStream Take(string path, Action<string>? progress, CancellationToken cancellation)
    {
        var begin = Stopwatch.GetTimestamp();
        var told = false;
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException e) when (e is not DirectoryNotFoundException && Stopwatch.GetElapsedTime(begin) < Patience)
            {
                if (!told && Stopwatch.GetElapsedTime(begin) > TimeSpan.FromSeconds(2))
                {
                    told = true;
                    progress?.Invoke("waiting for another process that prepares the same data");
                }

                cancellation.WaitHandle.WaitOne(Pause);
                cancellation.ThrowIfCancellationRequested();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new DataException($"{path} cannot be locked: {e.Message}; check the rights of data.cache", e);
            }
        }
    }
}
