using System.Net.Sockets;
using DyT.Collectives.Tcp.Channels;
using DyT.Config;

namespace DyT.Collectives.Tcp;

/// <summary>What a link tells its collective, from any thread.</summary>
internal interface ILinkOwner
{
    /// <summary>Rung whenever something changed on one of the link's threads that an operation may wait for.</summary>
    ISignal Signal { get; }

    void OnLost(PeerLink link, string reason, Exception? cause);
}

/// <summary>
/// One connection to one peer. What is to be sent and what is expected next are queues, so bytes go straight from and to the caller's memory; nothing is allocated by
/// a length from the wire. What comes next stands here; <see cref="PolledLink"/> and <see cref="ThreadedLink"/> move it.
/// </summary>
/// <param name="rank">The peer's.</param>
/// <param name="name">The peer's.</param>
/// <param name="channel">The open connection; the link's own from now on.</param>
/// <param name="options">Sizes and patience.</param>
/// <param name="owner">Whom to tell.</param>
internal abstract partial class PeerLink(int rank, string name, IDataChannel channel, DataPlaneOptions options, ILinkOwner owner) : IDataLane
{
    private readonly Queue<(Frame Frame, Payload Payload)> _outgoing = new();
    private readonly Queue<(Frame Frame, Payload Payload, BulkTransfer Transfer)> _bulkOut = new(); // goes out only while _outgoing is empty
    private BulkTransfer? _sendingBulk; // whose chunk is being sent
    private volatile bool _closed;
    private uint _bulkSends;
    private long _queued;
    private long _sent;

    public int Rank { get; } = rank;

    public string Name { get; } = name;

    public long Queued => Volatile.Read(ref _queued);

    public long Sent => Volatile.Read(ref _sent);

    public WireType Wire => Options.Wire;

    /// <summary>Guards the queues. Never held while waiting for the peer.</summary>
    protected object Gate { get; } = new();

    protected IDataChannel Channel { get; } = channel;

    protected DataPlaneOptions Options { get; } = options;

    protected ILinkOwner Owner { get; } = owner;

    protected bool IsClosed => _closed;

    /// <summary>Whether the last words are queued or said; under <see cref="Gate"/>.</summary>
    protected bool IsLeaving { get; private set; }

    /// <summary>Whether there is a next frame to send; under <see cref="Gate"/>.</summary>
    protected bool HasOutgoing => _outgoing.Count > 0 || _bulkOut.Count > 0;

    /// <summary>Whether bulk is on its way, which goes on between operations; under <see cref="Gate"/>.</summary>
    protected bool HasBulk => _bulkOut.Count > 0 || _bulkIn.Count > 0 || _sendingBulk is not null || _receivingBulk is not null;

    public abstract void Start();

    public void Send(uint operation, ushort part, int offset, Payload payload)
    {
        lock (Gate)
        {
            _outgoing.Enqueue((new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)payload.Length), payload));
            Volatile.Write(ref _queued, _queued + 1);
            OnData();
        }
    }

    /// <summary>Queues memory for the peer behind everything that the collectives send, now or later. One caller at a time.</summary>
    public BulkTransfer SendBulk(Memory<float> data)
    {
        var transfer = new BulkTransfer((long)data.Length * sizeof(float));
        lock (Gate)
        {
            var number = ++_bulkSends;
            foreach (var (offset, chunk) in BulkChunks(data))
                _bulkOut.Enqueue((new Frame(FrameKind.Bulk, 0, number, offset, (uint)chunk.Length), chunk, transfer));
            OnChange();
        }

        return transfer;
    }

    /// <summary>Says goodbye, once what is queued has gone out.</summary>
    public void Leave()
    {
        lock (Gate)
        {
            _outgoing.Enqueue((new Frame(FrameKind.Goodbye, 0, 0, 0, 0), default));
            IsLeaving = true;
            _bulkOut.Clear(); // the next generation starts it anew
            OnChange();
        }
    }

    /// <summary>Ends the link after <see cref="Leave"/>: closing with unread bytes would take from the peer what it has not read yet.</summary>
    public abstract void WaitUntilDone(TimeSpan patience);

    /// <summary>
    /// Returns when the link's threads have ended, after <see cref="Close"/>: one may be writing into memory that the next generation uses as well.
    /// </summary>
    public abstract void AwaitEnd();

    /// <summary>Breaks the connection at once; the threads end. From any thread.</summary>
    public void Close()
    {
        _closed = true;
        OnClosed(); // first: disposing may take a while
        Channel.Dispose();
    }

    /// <summary>An operation's frame was queued; under <see cref="Gate"/>.</summary>
    protected abstract void OnData();

    /// <summary>Another thing that the link's threads may wait for has changed; under <see cref="Gate"/>.</summary>
    protected abstract void OnChange();

    protected abstract void OnClosed();

    /// <summary>The next frame to send, bulk only when there is nothing else; under <see cref="Gate"/>. <see cref="OnSent"/> follows before the next call.</summary>
    protected bool TryTakeOutgoing(out Frame frame, out Payload payload)
    {
        if (_outgoing.TryDequeue(out var next))
        {
            (frame, payload) = next;
            return true;
        }

        if (_bulkOut.TryDequeue(out var bulk))
        {
            (frame, payload, _sendingBulk) = bulk;
            return true;
        }

        (frame, payload) = (default, default);
        return false;
    }

    /// <summary>The frame's memory is its owner's again; under <see cref="Gate"/>.</summary>
    protected void OnSent(Frame frame)
    {
        if (frame.Kind == FrameKind.Data)
        {
            Volatile.Write(ref _sent, _sent + 1);
        }
        else if (frame.Kind == FrameKind.Bulk)
        {
            var transfer = _sendingBulk!;
            _sendingBulk = null;
            transfer.Add((int)frame.Length);
        }
    }

    /// <summary>What may go wrong with a connection, as opposed to the program.</summary>
    protected static bool IsFailure(Exception e) => e is SocketException or ObjectDisposedException or DataChannelException;

    protected void Lost(Exception e)
    {
        if (_closed)
            return; // our own doing
        Owner.OnLost(this, e switch { SocketException s => SocketIO.Describe(s, Options.Silence), DataChannelException => e.Message, _ => "the connection was closed" }, e);
    }

    // Frames count offsets and lengths in 32 bits: the offset of a chunk is its number.
    private IEnumerable<(uint Number, Payload Chunk)> BulkChunks(Memory<float> data)
    {
        var floats = Options.ChunkBytes / sizeof(float);
        for (long at = 0, number = 0; at < data.Length; at += floats, number++)
            yield return ((uint)number, new Payload(data.Slice((int)at, (int)Math.Min(floats, data.Length - at))));
    }
}
