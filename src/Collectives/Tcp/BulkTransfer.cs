namespace DyT.Collectives.Tcp;

/// <summary>Counts the bytes of one bulk transfer; written by the link's thread, read by any.</summary>
internal sealed class BulkTransfer(long total) : IBulkTransfer
{
    private long _done;

    public long TotalBytes => total;

    public long DoneBytes => Interlocked.Read(ref _done);

    public void Add(int bytes) => Interlocked.Add(ref _done, bytes);
}
