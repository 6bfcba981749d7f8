using System.Net.Sockets;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp;

/// <summary>What a link tells its collective, on the link's threads.</summary>
internal interface ILinkOwner
{
    /// <summary>Guards the counters of all links; pulsed at every change.</summary>
    object Sync { get; }

    void OnLost(PeerLink link, string reason, Exception? cause);
}

/// <summary>
/// One connection to one peer, with a thread of its own for each direction: neither waits for the thread pool. What is to be sent and what is expected
/// next are queues, so bytes go straight from and to the caller's memory; nothing is allocated by a length from the wire.
/// </summary>
internal sealed class PeerLink
{
    private readonly IDataChannel _channel;
    private readonly ILinkOwner _owner;
    private readonly DataPlaneOptions _options;
    private readonly Queue<(Frame Frame, Payload Payload)> _outgoing = new();
    private readonly Queue<(Frame Frame, Payload Payload)> _expected = new();
    private readonly Queue<(Frame Frame, Payload Payload, BulkTransfer Transfer)> _bulkOut = new(); // goes out only while _outgoing is empty
    private readonly Queue<(Frame Frame, Payload Payload, BulkTransfer Transfer)> _bulkIn = new();
    private BulkTransfer? _sendingBulk; // whose chunk the sender has in hand; by its thread alone
    private uint _bulkSends;
    private uint _bulkReceives;
    private readonly Thread _sender;
    private readonly Thread _receiver;
    private bool _saidGoodbye;
    private bool _leaving;
    private bool _ended;
    private volatile bool _closed;

    public PeerLink(int rank, string name, IDataChannel channel, DataPlaneOptions options, ILinkOwner owner)
    {
        Rank = rank;
        Name = name;
        _channel = channel;
        _options = options;
        _owner = owner;
        _sender = new Thread(SendLoop) { IsBackground = true, Name = $"to {name}" };
        _receiver = new Thread(ReceiveLoop) { IsBackground = true, Name = $"from {name}" };
    }

    public int Rank { get; }

    public string Name { get; }

    // All counters under the owner's Sync.
    public long Queued { get; private set; }

    public long Sent { get; private set; }

    public long Expected { get; private set; }

    public long Received { get; private set; }

    public long BytesSent { get; private set; }

    public long BytesReceived { get; private set; }

    public void Start()
    {
        try
        {
            _channel.Wire.SetPatience(_options.FirstWord);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Lost(e); // another link of the generation broke before this one began, and closed all
        }

        _sender.Start();
        _receiver.Start();
    }

    /// <summary>Queues a frame; its memory must stay as it is until <see cref="Sent"/> has passed it.</summary>
    public void Send(FrameKind kind, uint operation, ushort part, int offset, Payload payload)
    {
        lock (_outgoing)
        {
            _outgoing.Enqueue((new Frame(kind, part, operation, (uint)offset, (uint)payload.Length), payload));
            Monitor.Pulse(_outgoing);
        }

        lock (_owner.Sync)
            Queued++;
    }

    /// <summary>Says what comes next from the peer and where it shall go.</summary>
    public void Expect(uint operation, ushort part, int offset, Payload destination)
    {
        bool ended;
        lock (_owner.Sync)
        {
            _expected.Enqueue((new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)destination.Length), destination));
            Expected++;
            ended = _ended;
            Monitor.PulseAll(_owner.Sync);
        }

        if (ended)
            _owner.OnLost(this, "it left the generation", null);
    }

    /// <summary>Queues memory for the peer behind everything that the collectives send, now or later. One caller at a time.</summary>
    public BulkTransfer SendBulk(Memory<float> data)
    {
        var transfer = new BulkTransfer((long)data.Length * sizeof(float));
        var number = ++_bulkSends;
        lock (_outgoing)
        {
            foreach (var (offset, chunk) in BulkChunks(data))
                _bulkOut.Enqueue((new Frame(FrameKind.Bulk, 0, number, offset, (uint)chunk.Length), chunk, transfer));
            Monitor.Pulse(_outgoing);
        }

        return transfer;
    }

    /// <summary>Says where the peer's next bulk transfer shall go. One caller at a time.</summary>
    public BulkTransfer ReceiveBulk(Memory<float> data)
    {
        var transfer = new BulkTransfer((long)data.Length * sizeof(float));
        var number = ++_bulkReceives;
        lock (_owner.Sync)
        {
            foreach (var (offset, chunk) in BulkChunks(data))
                _bulkIn.Enqueue((new Frame(FrameKind.Bulk, 0, number, offset, (uint)chunk.Length), chunk, transfer));
            Monitor.PulseAll(_owner.Sync);
        }

        return transfer;
    }

    /// <summary>Says goodbye, lets what is queued go out, and waits a moment until the peer is done too.</summary>
    public void Leave()
    {
        Send(FrameKind.Goodbye, 0, 0, 0, default);
        lock (_outgoing)
        {
            _leaving = true;
            _bulkOut.Clear(); // the next generation starts it anew
            Monitor.Pulse(_outgoing);
        }
    }

    /// <summary>Ends the link after <see cref="Leave"/>: closing with unread bytes would take from the peer what it has not read yet.</summary>
    public void WaitUntilDone(TimeSpan patience)
    {
        if (_sender.Join(patience))
            _receiver.Join(patience);
        Close();
    }

    /// <summary>
    /// Returns when both threads have ended, after <see cref="Close"/>: the receiver may be writing into memory that the next generation uses as well.
    /// </summary>
    public void AwaitEnd()
    {
        _sender.Join();
        _receiver.Join();
    }

    /// <summary>Breaks the connection at once; both threads end.</summary>
    public void Close()
    {
        _closed = true;
        _channel.Dispose();
        lock (_outgoing)
            Monitor.Pulse(_outgoing);
        lock (_owner.Sync)
            Monitor.PulseAll(_owner.Sync);
    }

    private void SendLoop()
    {
        var header = new byte[Frame.HeaderBytes];
        try
        {
            while (Next() is { } next)
            {
                next.Frame.Write(header);
                var data = next.Payload.Span;
                _channel.Send(header, data);
                if (next.Frame.Kind == FrameKind.Heartbeat)
                    continue;
                if (next.Frame.Kind == FrameKind.Bulk)
                {
                    _sendingBulk!.Add(data.Length);
                    continue;
                }

                lock (_owner.Sync)
                {
                    Sent++;
                    BytesSent += data.Length;
                    Monitor.PulseAll(_owner.Sync);
                }
            }

            if (!_closed)
                _channel.ShutdownSend();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            Lost(e);
        }
    }

    /// <summary>The next frame, a heartbeat when there is none for a while, null at the end.</summary>
    private (Frame Frame, Payload Payload)? Next()
    {
        lock (_outgoing)
        {
            while (true)
            {
                if (_closed)
                    return null;
                if (_outgoing.TryDequeue(out var next))
                    return next;
                if (_leaving)
                    return null;
                if (_bulkOut.TryDequeue(out var bulk))
                {
                    _sendingBulk = bulk.Transfer;
                    return (bulk.Frame, bulk.Payload);
                }

                if (!Monitor.Wait(_outgoing, _options.Heartbeat) && _outgoing.Count == 0 && _bulkOut.Count == 0)
                    return (new Frame(FrameKind.Heartbeat, 0, 0, 0, 0), default);
            }
        }
    }

    private void ReceiveLoop()
    {
        var header = new byte[Frame.HeaderBytes];
        try
        {
            var heard = false;
            while (_channel.TryReceiveHeader(header))
            {
                if (!heard)
                {
                    heard = true;
                    _channel.Wire.SetPatience(_options.Silence);
                }

                var frame = Frame.Read(header);
                if (frame == new Frame(FrameKind.Heartbeat, 0, 0, 0, 0))
                    continue;
                if (frame == new Frame(FrameKind.Goodbye, 0, 0, 0, 0))
                {
                    _saidGoodbye = true;
                    continue;
                }

                if (frame.Kind == FrameKind.Bulk)
                {
                    if (!TryReceiveBulk(frame))
                        return;
                    continue;
                }

                if (!Enum.IsDefined(frame.Kind))
                {
                    _owner.OnLost(this, "it sent what is no frame; has it another cluster.security.data?", null);
                    return;
                }

                if (AwaitExpected() is not { } expected)
                    return;
                if (frame != expected.Frame)
                {
                    _owner.OnLost(this, $"it sent {frame} where {expected.Frame} was expected", null);
                    return;
                }

                if (!_channel.TryReceivePayload(expected.Payload.Span))
                    break;
                lock (_owner.Sync)
                {
                    Received++;
                    BytesReceived += expected.Payload.Length;
                    Monitor.PulseAll(_owner.Sync);
                }
            }

            End();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            Lost(e);
        }
    }

    /// <summary>One chunk of bulk into its place; false when the link is of no further use.</summary>
    private bool TryReceiveBulk(Frame frame)
    {
        (Frame Frame, Payload Payload, BulkTransfer Transfer) expected;
        lock (_owner.Sync)
        {
            while (!_bulkIn.TryDequeue(out expected))
            {
                if (_closed)
                    return false;
                Monitor.Wait(_owner.Sync); // the peer began before this side has said where it goes
            }
        }

        if (frame != expected.Frame)
        {
            _owner.OnLost(this, $"it sent {frame} where {expected.Frame} was expected", null);
            return false;
        }

        if (!_channel.TryReceivePayload(expected.Payload.Span))
        {
            End();
            return false;
        }

        lock (_owner.Sync)
        {
            expected.Transfer.Add(expected.Payload.Length);
            BytesReceived += expected.Payload.Length;
            Monitor.PulseAll(_owner.Sync);
        }

        return true;
    }

    // Frames count offsets and lengths in 32 bits: the offset of a chunk is its number.
    private IEnumerable<(uint Number, Payload Chunk)> BulkChunks(Memory<float> data)
    {
        var floats = _options.ChunkBytes / sizeof(float);
        for (long at = 0, number = 0; at < data.Length; at += floats, number++)
            yield return ((uint)number, new Payload(data.Slice((int)at, (int)Math.Min(floats, data.Length - at))));
    }

    private (Frame Frame, Payload Payload)? AwaitExpected()
    {
        lock (_owner.Sync)
        {
            while (_expected.Count == 0)
            {
                if (_closed)
                    return null;
                Monitor.Wait(_owner.Sync);
            }

            return _expected.Dequeue();
        }
    }

    /// <summary>The peer closed its side: well-mannered after a goodbye when nothing is expected any more, a loss otherwise.</summary>
    private void End()
    {
        bool loss;
        lock (_owner.Sync)
        {
            _ended = true;
            loss = !_saidGoodbye || Received < Expected;
        }

        if (loss)
            _owner.OnLost(this, "it closed the connection", null);
    }

    private void Lost(Exception e)
    {
        if (_closed)
            return; // our own doing
        _owner.OnLost(this, e switch { SocketException s => SocketIO.Describe(s, _options.Silence), DataChannelException => e.Message, _ => "the connection was closed" }, e);
    }
}
