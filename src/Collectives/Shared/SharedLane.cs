using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Shared;

/// <summary>
/// Collective data to and from a peer of the same host through two rings of shared memory. No thread of its own: the operation's thread moves what can be moved
/// (<see cref="Pump"/>) whenever it would wait. That the peer lives is told by the TCP connection beside it.
/// </summary>
/// <remarks>
/// Partial sums are held in their slots until they are added up, so a ring has room for more than one chunk of all its writer's partial sums: what a reader
/// waits for can always be written.
/// </remarks>
internal sealed class SharedLane(SharedRing outgoing, SharedRing incoming, ISignal peer, PeerLink link) : IDataLane
{
    private readonly Queue<(Frame Frame, Payload Payload)> _outgoing = new();
    private readonly Queue<(Frame Frame, Payload Payload, bool IsHeld)> _expected = new();
    private readonly Queue<long> _held = new(); // slots of partial sums that are not released yet
    private long[] _heldInOrder = new long[4]; // the same, to be indexed
    private long _written;
    private long _read; // slots looked at; those before the oldest held one are given back
    private long _queued;
    private long _sent;
    private long _expectedCount;
    private long _received;

    public int Rank => link.Rank;

    public string Name => link.Name;

    public long Queued => Volatile.Read(ref _queued);

    public long Sent => Volatile.Read(ref _sent);

    public long Expected => Volatile.Read(ref _expectedCount);

    public long Received => Volatile.Read(ref _received);

    public bool HoldsPartials => true;

    /// <summary>fp32 whatever the run's wire type is: a copy within a host costs less than rounding it would save, and the sums are added where they lie.</summary>
    public WireType Wire => WireType.Fp32;

    public void Send(uint operation, ushort part, int offset, Payload payload)
    {
        _outgoing.Enqueue((new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)payload.Length), payload));
        Volatile.Write(ref _queued, _queued + 1);
        PumpOut();
    }

    public void Expect(uint operation, ushort part, int offset, Payload destination) =>
        Expect(new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)destination.Length), destination, isHeld: false);

    public void ExpectPartial(uint operation, ushort part, int offset, int length, Memory<float> scratch) =>
        Expect(new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)(length * sizeof(float))), default, isHeld: true);

    public Memory<float> Partial(int part, int length, Memory<float> scratch) => incoming.Floats(_heldInOrder[part])[..length];

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

    private bool PumpOut()
    {
        var moved = false;
        while (_outgoing.Count > 0 && _written - outgoing.Tail < outgoing.Slots)
        {
            var (frame, payload) = _outgoing.Dequeue();
            frame.Write(outgoing.Header(_written));
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
            if (isHeld)
            {
                _held.Enqueue(_read);
                IndexHeld();
            }
            else
            {
                incoming.Data(_read)[..destination.Length].CopyTo(destination.Span);
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

    private void GiveBack()
    {
        var tail = _held.Count > 0 ? _heldInOrder[0] : _read;
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
