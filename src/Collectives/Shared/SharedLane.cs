using System.Runtime.InteropServices;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Shared;

/// <summary>
/// Collective data to and from a peer of the same host through two rings of shared memory. No thread of its own: the operation's thread moves what can be moved
/// (<see cref="Pump"/>) whenever it would wait. That the peer lives is told by the TCP connection beside it.
/// </summary>
/// <remarks>
/// Partial sums are held in their slots until they are added up, so a ring has room for more than one chunk of all its writer's partial sums: what a reader
/// waits for can always be written. What lies in the writer's arena is lent: the slot only tells where, and the memory is the writer's own again when the slot is given back.
/// </remarks>
/// <param name="outgoing">Written by this side.</param>
/// <param name="incoming">Read by this side.</param>
/// <param name="peer">What the peer sleeps on.</param>
/// <param name="link">Tells of the peer's life.</param>
/// <param name="arena">Ours, when the peer has mapped it.</param>
/// <param name="peerArena">The peer's, when we have mapped it.</param>
/// <param name="smallestLent">Bytes; less is copied.</param>
internal sealed class SharedLane(SharedRing outgoing, SharedRing incoming, ISignal peer, PeerLink link, SharedArena? arena, SharedFloats? peerArena, int smallestLent) : IDataLane
{
    private readonly Queue<(Frame Frame, Payload Payload, long Lent)> _outgoing = new();
    private readonly Queue<(Frame Frame, Payload Payload, bool IsHeld)> _expected = new();
    private readonly Queue<(long Slot, Memory<float> Floats, bool IsLent)> _held = new(); // partial sums that are not released yet
    private (long Slot, Memory<float> Floats, bool IsLent)[] _heldInOrder = new (long, Memory<float>, bool)[4]; // the same, to be indexed
    private long _written;
    private long _read; // slots looked at; those before the oldest held one are given back
    private long _lastLent = -1; // slot
    private long _queued;
    private long _sent;
    private long _expectedCount;
    private long _received;

    public int Rank => link.Rank;

    public string Name => link.Name;

    public long Queued => Volatile.Read(ref _queued);

    // Every frame takes one slot: what is lent is ours again when the tail has passed it.
    public long Sent => outgoing.Tail is var tail && Volatile.Read(ref _lastLent) < tail ? Volatile.Read(ref _sent) : tail;

    public long Expected => Volatile.Read(ref _expectedCount);

    public long Received => Volatile.Read(ref _received);

    public bool HoldsPartials => true;

    /// <summary>fp32 whatever the run's wire type is: a copy within a host costs less than rounding it would save, and the sums are added where they lie.</summary>
    public WireType Wire => WireType.Fp32;

    public void Send(uint operation, ushort part, int offset, Payload payload)
    {
        Queue(new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)payload.Length), payload, lent: 0);
    }

    public void Lend(uint operation, ushort part, int offset, Memory<float> floats)
    {
        var payload = new Payload(floats);
        var at = arena is null || payload.Length < smallestLent ? -1 : arena.OffsetOf(floats);
        Queue(new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)payload.Length), payload, at + 1);
    }

    public void Expect(uint operation, ushort part, int offset, Payload destination) =>
        Expect(new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)destination.Length), destination, isHeld: false);

    public void ExpectPartial(uint operation, ushort part, int offset, int length, Memory<float> scratch) =>
        Expect(new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)(length * sizeof(float))), default, isHeld: true);

    public Memory<float> Partial(int part, int length, Memory<float> scratch, out bool isLent)
    {
        var (_, floats, lent) = _heldInOrder[part];
        isLent = lent;
        return floats[..length];
    }

    public void ReleasePartials(int count)
    {
        for (var i = 0; i < count; i++)
            _held.Dequeue();
        IndexHeld();
        GiveBack();
    }

    /// <summary>Moves what can be moved without waiting; true when anything was.</summary>
    /// <exception cref="PeerLostException">The peer has left, or broke the rules.</exception>
    public bool Pump() => PumpOut() | PumpIn();

    private void Expect(Frame frame, Payload destination, bool isHeld)
    {
        _expected.Enqueue((frame, destination, isHeld));
        Volatile.Write(ref _expectedCount, _expectedCount + 1);
    }

    private void Queue(Frame frame, Payload payload, long lent)
    {
        _outgoing.Enqueue((frame, payload, lent));
        Volatile.Write(ref _queued, _queued + 1);
        PumpOut();
    }

    private bool PumpOut()
    {
        var moved = false;
        while (_outgoing.Count > 0 && _written - outgoing.Tail < outgoing.Slots)
        {
            var (frame, payload, lent) = _outgoing.Dequeue();
            frame.Write(outgoing.Header(_written));
            outgoing.Lent(_written) = lent;
            if (lent > 0)
                Volatile.Write(ref _lastLent, _written);
            else
                payload.Span.CopyTo(outgoing.Data(_written));
            outgoing.Head = ++_written;
            peer.Ring();
            Volatile.Write(ref _sent, _sent + 1);
            moved = true;
        }

        return moved;
    }

    private bool PumpIn()
    {
        // Whether it has left comes before how much it wrote: nothing is written after leaving.
        var left = link.HasLeft;
        var head = incoming.Head;
        var moved = false;
        while (_expected.Count > 0 && _read < head)
        {
            var (expected, destination, isHeld) = _expected.Dequeue();
            var frame = Frame.Read(incoming.Header(_read));
            if (frame != expected || head - incoming.Tail > incoming.Slots)
                throw new PeerLostException(Rank, Name, $"it wrote {frame} into the shared memory where {expected} was expected");
            var lent = incoming.Lent(_read);
            var floats = Floats(lent, (int)frame.Length);
            if (isHeld)
            {
                _held.Enqueue((_read, floats, lent > 0));
                IndexHeld();
            }
            else
            {
                MemoryMarshal.AsBytes(floats.Span)[..destination.Length].CopyTo(destination.Span);
            }

            _read++;
            Volatile.Write(ref _received, _received + 1);
            moved = true;
            if (!isHeld)
                GiveBack();
        }

        if (left && !moved && (_expected.Count > 0 || _outgoing.Count > 0))
            throw new PeerLostException(Rank, Name, "it left the generation");
        return moved;
    }

    /// <summary>Where the frame's data lies that is read next.</summary>
    private Memory<float> Floats(long lent, int bytes)
    {
        if (lent == 0)
            return incoming.Floats(_read);
        if (peerArena is null || lent < 0 || lent - 1 > (peerArena.Bytes - bytes) / sizeof(float))
            throw new PeerLostException(Rank, Name, "it lent memory that it has not shared");
        return peerArena.Memory.Slice((int)(lent - 1), bytes / sizeof(float));
    }

    private void GiveBack()
    {
        var tail = _held.Count > 0 ? _heldInOrder[0].Slot : _read;
        if (tail == incoming.Tail)
            return;
        incoming.Tail = tail;
        peer.Ring();
    }

    private void IndexHeld()
    {
        if (_heldInOrder.Length < _held.Count)
            Array.Resize(ref _heldInOrder, 2 * _held.Count);
        _held.CopyTo(_heldInOrder, 0);
    }
}
