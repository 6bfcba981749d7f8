using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp;

/// <content>What comes next from the peer, and what is made of it.</content>
internal abstract partial class PeerLink
{
    private readonly Queue<(Frame Frame, Payload Payload)> _expected = new();
    private readonly Queue<(Frame Frame, Payload Payload, BulkTransfer Transfer)> _bulkIn = new();
    private BulkTransfer? _receivingBulk; // whose chunk is being received
    private volatile bool _hasLeft;
    private bool _saidGoodbye;
    private uint _bulkReceives;
    private long _expectedCount;
    private long _received;

    public long Expected => Volatile.Read(ref _expectedCount);

    public long Received => Volatile.Read(ref _received);

    /// <summary>Whether the peer has said goodbye and closed its side.</summary>
    public bool HasLeft => _hasLeft;

    public void Expect(uint operation, ushort part, int offset, Payload destination)
    {
        lock (Gate)
        {
            _expected.Enqueue((new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)destination.Length), destination));
            Volatile.Write(ref _expectedCount, _expectedCount + 1);
            OnChange();
        }

        if (_hasLeft)
            Owner.OnLost(this, "it left the generation", null);
    }

    /// <summary>Says where the peer's next bulk transfer shall go. One caller at a time.</summary>
    public BulkTransfer ReceiveBulk(Memory<float> data)
    {
        var transfer = new BulkTransfer((long)data.Length * sizeof(float));
        lock (Gate)
        {
            var number = ++_bulkReceives;
            foreach (var (offset, chunk) in BulkChunks(data))
                _bulkIn.Enqueue((new Frame(FrameKind.Bulk, 0, number, offset, (uint)chunk.Length), chunk, transfer));
            OnChange();
        }

        return transfer;
    }

    /// <summary>
    /// Where the payload goes whose header is here; false while nobody has said it. Under <see cref="Gate"/>. <see cref="OnReceived"/> follows before the next call.
    /// </summary>
    /// <exception cref="DataChannelException">It is not the frame that comes next.</exception>
    protected bool TryPlace(Frame frame, out Payload place)
    {
        place = default;
        Frame expected;
        switch (frame.Kind)
        {
            case FrameKind.Heartbeat or FrameKind.Goodbye when frame == new Frame(frame.Kind, 0, 0, 0, 0):
                return true;
            case FrameKind.Data when _expected.TryDequeue(out var next):
                (expected, place) = next;
                break;
            case FrameKind.Bulk when _bulkIn.TryDequeue(out var next):
                (expected, place, _receivingBulk) = next;
                break;
            case FrameKind.Data or FrameKind.Bulk:
                return false;
            case FrameKind.Offer:
                throw new DataChannelException("it offers shared memory, which this worker does not take; has it another cluster.transport?");
            default:
                throw new DataChannelException("it sent what is no frame; has it another cluster.security.data?");
        }

        return frame == expected ? true : throw new DataChannelException($"it sent {frame} where {expected} was expected");
    }

    /// <summary>The whole frame is here; under <see cref="Gate"/>.</summary>
    protected void OnReceived(Frame frame)
    {
        if (frame.Kind == FrameKind.Data)
        {
            Volatile.Write(ref _received, _received + 1);
        }
        else if (frame.Kind == FrameKind.Bulk)
        {
            var transfer = _receivingBulk!;
            _receivingBulk = null;
            transfer.Add((int)frame.Length);
        }
        else if (frame.Kind == FrameKind.Goodbye)
        {
            _saidGoodbye = true;
        }
    }

    /// <summary>The peer closed its side: well-mannered after a goodbye when nothing is expected any more, a loss otherwise. Under <see cref="Gate"/>.</summary>
    protected void OnEndOfStream()
    {
        if (IsClosed)
            return; // our own doing
        _hasLeft = _saidGoodbye; // who expects more from now on finds out by itself
        if (!_saidGoodbye || Received < Expected)
            Owner.OnLost(this, "it closed the connection", null);
        Owner.Signal.Ring();
    }
}
