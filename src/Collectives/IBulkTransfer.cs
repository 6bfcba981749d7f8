namespace DyT.Collectives;

/// <summary>
/// Memory on its way to or from a peer, beside the collectives: bulk goes out only while no collective has anything to send, so a joiner's state does not
/// slow the steps of the others. The memory must stay as it is until the transfer is done.
/// </summary>
public interface IBulkTransfer
{
    long TotalBytes { get; }

    /// <summary>Bytes that are through; from any thread.</summary>
    long DoneBytes { get; }

    bool IsDone => DoneBytes == TotalBytes;

    /// <summary>When the last byte came through, by <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>; meaningless before.</summary>
    long DoneTimestamp { get; }
}
