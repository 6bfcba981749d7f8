namespace DyT.Collectives.Shared;

/// <summary>What one rank shares with the others of its host in one generation.</summary>
/// <param name="rank">Ours.</param>
/// <param name="own">Our inbox.</param>
/// <param name="peers">Theirs, by rank.</param>
/// <param name="arenas">By rank, of peers with an inbox.</param>
/// <param name="spins">Whether there is a core for each rank.</param>
internal sealed class SharedMemory(int rank, SharedInbox own, IReadOnlyDictionary<int, SharedInbox> peers, IReadOnlyDictionary<int, ArenaShare> arenas, bool spins) : IDisposable
{
    /// <summary>What this rank sleeps on.</summary>
    public ISignal Bell { get; } = own.Bell(spins);

    public bool IsWith(int peer) => peers.ContainsKey(peer);

    /// <summary>The lane to the link's peer; null when it goes by TCP.</summary>
    /// <param name="link">The connection to the peer.</param>
    /// <param name="smallestLent">Bytes; less is copied.</param>
    public SharedLane? LaneOf(Tcp.PeerLink link, int smallestLent) => peers.TryGetValue(link.Rank, out var inbox)
        ? new SharedLane(inbox.RingFrom(rank), own.RingFrom(link.Rank), inbox.Bell(spins), link, arenas[link.Rank].Own, arenas[link.Rank].Peer, smallestLent)
        : null;

    public void Dispose()
    {
        own.Dispose();
        foreach (var inbox in peers.Values)
            inbox.Dispose();
        foreach (var arena in arenas.Values)
            arena.Peer?.Unmap();
    }
}

/// <summary>What two ranks can lend each other.</summary>
/// <param name="Own">Ours, when the peer has mapped it.</param>
/// <param name="Peer">The peer's, when we have mapped it.</param>
internal sealed record ArenaShare(SharedArena? Own, SharedFloats? Peer);
