using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives;

/// <summary>
/// The way of collective data to and from one peer: frames in the order in which they were queued. Used by the thread that runs the operation; the counters may be
/// read by any.
/// </summary>
internal interface IDataLane
{
    int Rank { get; }

    string Name { get; }

    long Queued { get; }

    /// <summary>Frames whose memory is the caller's own again.</summary>
    long Sent { get; }

    long Expected { get; }

    long Received { get; }

    /// <summary>Whether partial sums stay where they arrived, so that they need no memory of ours.</summary>
    bool HoldsPartials => false;

    /// <summary>In what numbers the larger messages of reductions go to and from the peer.</summary>
    WireType Wire { get; }

    /// <summary>Queues a frame; its memory must stay as it is until <see cref="Sent"/> has passed it.</summary>
    void Send(uint operation, ushort part, int offset, Payload payload);

    /// <summary>As <see cref="Send"/>, of floats that the peer may read where they lie until <see cref="Sent"/> has passed the frame.</summary>
    void Lend(uint operation, ushort part, int offset, Memory<float> floats) => Send(operation, part, offset, new Payload(floats));

    /// <summary>Says what comes next from the peer and where it shall go.</summary>
    void Expect(uint operation, ushort part, int offset, Payload destination);

    /// <summary>As <see cref="Expect"/>, for a partial sum of <paramref name="length"/> floats; <paramref name="scratch"/> is used unless <see cref="HoldsPartials"/>.</summary>
    void ExpectPartial(uint operation, ushort part, int offset, int length, Memory<float> scratch) => Expect(operation, part, offset, new Payload(scratch[..length]));

    /// <summary>The <paramref name="part"/>-th of the oldest partial sums that are here and not released: [length], to be written over at will unless it is the peer's own memory.</summary>
    Memory<float> Partial(int part, int length, Memory<float> scratch, out bool isLent)
    {
        isLent = false;
        return scratch[..length];
    }

    void ReleasePartials(int count)
    {
    }
}
