namespace DyT.Coordinator.Hosting;

/// <summary>
/// The lock in the run's folder that the one deciding coordinator holds. The system takes it from a process that dies. The cluster's singleton says who should
/// decide; the lock makes sure that never two do, whatever the network does between the coordinators: they share the folder anyhow, for the checkpoints.
/// </summary>
public sealed class LeaderLock : IDisposable
{
    private readonly FileStream _file;

    private LeaderLock(FileStream file) => _file = file;

    /// <summary>Null while somebody else holds it.</summary>
    public static LeaderLock? TryAcquire(string path)
    {
        try
        {
            return new LeaderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();
}
