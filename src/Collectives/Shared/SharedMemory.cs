namespace DyT.Collectives.Shared;

/// <summary>What one rank shares with the others of its host in one generation.</summary>
internal sealed class SharedMemory(int rank, SharedInbox own, IReadOnlyDictionary<int, SharedInbox> peers, bool spins) : IDisposable
{
    /// <summary>What this rank sleeps on.</summary>
    public ISignal Bell { get; } = own.Bell(spins);

    /// <summary>The lane to the link's peer; null when it goes by TCP.</summary>
    public SharedLane? LaneOf(Tcp.PeerLink link) => peers.TryGetValue(link.Rank, out var inbox)
        ? new SharedLane(inbox.RingFrom(rank), own.RingFrom(link.Rank), inbox.Bell(spins), link)
        : null;

    public void Dispose()
    {
        own.Dispose();
        foreach (var inbox in peers.Values)
            inbox.Dispose();
    }
}
