namespace DyT.Collectives.Tcp;

/// <summary>Counts the bytes of one bulk transfer; written by the link's thread, read by any.</summary>
internal sealed class BulkTransfer(long total) : IBulkTransfer
{
    private long _done;

    public long TotalBytes => total;

    public long DoneBytes => Interlocked.Read(ref _done);

    public long DoneTimestamp { get; private set; }

    public void Add(int bytes)
    {
        if (_done + bytes == total)
            DoneTimestamp = System.Diagnostics.Stopwatch.GetTimestamp(); // before the count says so, which others wait for
        Interlocked.Add(ref _done, bytes);
    }
}
