using DyT.Config;

namespace DyT.Cli.Studies;

/// <summary>One command at a time works on a study's folder: two would train cells twice and write over each other's reports.</summary>
public static class StudyLock
{
    /// <summary>Held until disposed, or until the process ends in whatever way.</summary>
    /// <exception cref="UserErrorException">Another command holds it, or the folder cannot be written.</exception>
    public static IDisposable Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
            return new FileStream(Path.Combine(folder, "study.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{folder}: another 'dyt study' is at work here, or it cannot be written ({e.Message.TrimEnd('.')}).", inner: e);
        }
    }
}
