using DyT.Config;

namespace DyT.Data;

/// <summary>
/// One process at a time, by an exclusively opened file. The system releases it when the holder ends, however it ends, so
/// a crash leaves no lock behind; the file itself stays, because deleting it would let two processes lock different files of
/// the same name.
/// </summary>
internal static class FileLock
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    public static FileStream Take(string path, Action<string>? progress, CancellationToken ct)
    {
        var told = false;
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (Exception e) when (e is UnauthorizedAccessException || (e is IOException && !File.Exists(path)))
            {
                throw new UserErrorException($"'{path}' cannot be written ({e.Message.TrimEnd('.')}): free some disk space or give data.cache a folder that you may write to.", inner: e);
            }
            catch (IOException)
            {
                if (!told) progress?.Invoke("waiting for another process that prepares the same data");
                told = true;
                ct.WaitHandle.WaitOne(Poll);
            }
        }
    }
}
