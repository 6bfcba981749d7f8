using DyT.Config;

namespace DyT.Collectives.Tcp;

/// <summary>
/// One peer's data over several connections: frame i goes over connection i mod n. Both ends queue the same frames in the same order, so each knows over which connection the
/// next one comes, and the frames carry no number for it.
/// </summary>
/// <param name="links">To the same peer, in the order that both ends agreed on in the hello.</param>
internal sealed class StripedLane(PeerLink[] links) : IDataLane
{
    public int Rank => links[0].Rank;

    public string Name => links[0].Name;

    public long Queued { get; private set; }

    public long Sent => Complete(static link => link.Sent);

    public long Expected { get; private set; }

    public long Received => Complete(static link => link.Received);

    public WireType Wire => links[0].Wire;

    public void Send(uint operation, ushort part, int offset, Payload payload) => links[Queued++ % links.Length].Send(operation, part, offset, payload);

    public void Expect(uint operation, ushort part, int offset, Payload destination) => links[Expected++ % links.Length].Expect(operation, part, offset, destination);

    /// <summary>Frames before the first that is not done: connection j's next one is frame n done_j + j.</summary>
    private long Complete(Func<PeerLink, long> done)
    {
        var first = long.MaxValue;
        for (var j = 0; j < links.Length; j++)
            first = Math.Min(first, links.Length * done(links[j]) + j);
        return first;
    }
}
