using System.Net.Sockets;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp;

/// <summary>What a link tells its collective, on the link's threads.</summary>
internal interface ILinkOwner
{
    /// <summary>Rung whenever a counter of a link changes on one of the link's threads.</summary>
    ISignal Signal { get; }

    void OnLost(PeerLink link, string reason, Exception? cause);
}

/// <summary>
/// One connection to one peer. What is to be sent and what is expected next are queues, so bytes go straight from and to the caller's memory; nothing is allocated by
/// a length from the wire. A thread of its own sends, but for little data of an operation that the socket's buffer certainly takes: that the caller sends by itself.
/// Another thread receives; where the wire can be polled it only watches while the caller receives by itself (<c>PeerLink.Receiving.cs</c>).
/// </summary>
internal sealed partial class PeerLink : IDataLane
{
    private readonly IDataChannel _channel;
    private readonly ILinkOwner _owner;
    private readonly DataPlaneOptions _options;
    private readonly Queue<(Frame Frame, Payload Payload)> _outgoing = new();
    private readonly Queue<(Frame Frame, Payload Payload, BulkTransfer Transfer)> _bulkOut = new(); // goes out only while _outgoing is empty
    private readonly byte[] _ownHeader = new byte[Frame.HeaderBytes]; // of what the caller sends by itself
    private readonly Thread _sender;
    private readonly Thread _receiver;
    private BulkTransfer? _sendingBulk; // whose chunk the sender has in hand; by its thread alone
    private uint _bulkSends;
    private bool _isSending; // somebody is in the channel's Send; under _outgoing
    private int _ownBytesLeft; // that the caller may still send by itself in this operation; by its thread alone
    private volatile bool _leaving;
    private volatile bool _closed;
    private long _queued;
    private long _sent;

    /// <param name="rank">The peer's.</param>
    /// <param name="name">The peer's.</param>
    /// <param name="channel">The open connection; the link's own from now on.</param>
    /// <param name="options">Sizes and patience.</param>
    /// <param name="owner">Whom to tell.</param>
    /// <param name="callerReceives">Whether whoever waits for data receives it by itself; only for wires that can be polled.</param>
    public PeerLink(int rank, string name, IDataChannel channel, DataPlaneOptions options, ILinkOwner owner, bool callerReceives)
    {
        Rank = rank;
        Name = name;
        _channel = channel;
        _options = options;
        _owner = owner;
        _callerReceives = callerReceives;
        _sender = new Thread(SendLoop) { IsBackground = true, Name = $"to {name}" };
        _receiver = new Thread(ReceiveLoop) { IsBackground = true, Name = $"from {name}" };
    }

    public int Rank { get; }

    public string Name { get; }

    public long Queued => Volatile.Read(ref _queued);

    public long Sent => Volatile.Read(ref _sent);

    public bool HoldsPartials => false;

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

    /// <summary>
    /// A new operation begins. All of the one before was received by the peer or will be without our doing, so what the socket's buffer takes can be sent without
    /// waiting for anything that the peer does in the new one.
    /// </summary>
    public void BeginOperation() => _ownBytesLeft = _channel.Wire.BufferedBytes / 4;

    public void Send(uint operation, ushort part, int offset, Payload payload)
    {
        var frame = new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)payload.Length);
        Volatile.Write(ref _queued, _queued + 1);
        lock (_outgoing)
        {
            if (_isSending || _closed || _outgoing.Count > 0 || payload.Length > _ownBytesLeft)
            {
                _outgoing.Enqueue((frame, payload));
                Monitor.Pulse(_outgoing);
                return;
            }

            _isSending = true;
        }

        _ownBytesLeft -= payload.Length;
        try
        {
            frame.Write(_ownHeader);
            _channel.Send(_ownHeader, payload.Span);
            Volatile.Write(ref _sent, _sent + 1);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            Lost(e);
        }
        finally
        {
            EndSending();
        }
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

    /// <summary>Says goodbye, lets what is queued go out, and waits a moment until the peer is done too.</summary>
    public void Leave()
    {
        lock (_outgoing)
        {
            _outgoing.Enqueue((new Frame(FrameKind.Goodbye, 0, 0, 0, 0), default));
            _leaving = true;
            _bulkOut.Clear(); // the next generation starts it anew
            Monitor.Pulse(_outgoing);
        }

        WatchNow();
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
        WatchNow();
        lock (_outgoing)
            Monitor.Pulse(_outgoing);
        lock (_expected)
            Monitor.PulseAll(_expected);
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
                if (next.Frame.Kind == FrameKind.Bulk)
                    _sendingBulk!.Add(data.Length);
                if (next.Frame.Kind == FrameKind.Data)
                {
                    Volatile.Write(ref _sent, _sent + 1);
                    _owner.Signal.Ring();
                }

                EndSending();
            }

            if (!_closed)
                _channel.ShutdownSend();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            Lost(e);
        }
    }

    /// <summary>The next frame, a heartbeat when there is none for a while, null at the end. After one the channel is this thread's until <see cref="EndSending"/>.</summary>
    private (Frame Frame, Payload Payload)? Next()
    {
        lock (_outgoing)
        {
            while (true)
            {
                if (_closed)
                    return null;
                if (_isSending)
                {
                    Monitor.Wait(_outgoing, _options.Heartbeat); // not woken when there is nothing to send
                    continue;
                }

                if (_outgoing.TryDequeue(out var next))
                {
                    _isSending = true;
                    return next;
                }

                if (_leaving)
                    return null;
                if (_bulkOut.TryDequeue(out var bulk))
                {
                    _isSending = true;
                    _sendingBulk = bulk.Transfer;
                    return (bulk.Frame, bulk.Payload);
                }

                if (!Monitor.Wait(_outgoing, _options.Heartbeat) && !_isSending && !_closed && _outgoing.Count == 0 && _bulkOut.Count == 0)
                {
                    _isSending = true;
                    return (new Frame(FrameKind.Heartbeat, 0, 0, 0, 0), default);
                }
            }
        }
    }

    /// <summary>Leaves the channel to the other sender, which may have something by now.</summary>
    private void EndSending()
    {
        lock (_outgoing)
        {
            _isSending = false;
            if (_outgoing.Count > 0 || _bulkOut.Count > 0 || _leaving)
                Monitor.Pulse(_outgoing);
        }
    }

    // Frames count offsets and lengths in 32 bits: the offset of a chunk is its number.
    private IEnumerable<(uint Number, Payload Chunk)> BulkChunks(Memory<float> data)
    {
        var floats = _options.ChunkBytes / sizeof(float);
        for (long at = 0, number = 0; at < data.Length; at += floats, number++)
            yield return ((uint)number, new Payload(data.Slice((int)at, (int)Math.Min(floats, data.Length - at))));
    }

    private void Lost(Exception e)
    {
        if (_closed)
            return; // our own doing
        _owner.OnLost(this, e switch { SocketException s => SocketIO.Describe(s, _options.Silence), DataChannelException => e.Message, _ => "the connection was closed" }, e);
    }
}
