using System.Net.Sockets;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp;

/// <content>
/// Receiving: by whoever waits for the data (<see cref="TryReceive"/>), which saves waking it; while nobody does, by the link's thread, so that heartbeats, bulk and
/// a broken connection are noticed. Where the wire cannot be polled, or the caller waits for other things too, by the thread alone.
/// </content>
internal sealed partial class PeerLink
{
    private static readonly TimeSpan WatchAfter = TimeSpan.FromMilliseconds(50); // in which nobody has received
    private static readonly TimeSpan WatchFor = TimeSpan.FromMilliseconds(500);

    private readonly bool _callerReceives;
    private readonly object _reading = new(); // held by whoever receives
    private readonly object _watch = new(); // pulsed when the watch has to begin at once
    private readonly byte[] _header = new byte[Frame.HeaderBytes]; // under _reading
    private readonly Queue<(Frame Frame, Payload Payload)> _expected = new(); // under itself, as _bulkIn
    private readonly Queue<(Frame Frame, Payload Payload, BulkTransfer Transfer)> _bulkIn = new();
    private Frame? _begun; // whose header is here, but not its payload; under _reading
    private bool _heard; // under _reading
    private volatile bool _finished; // nothing more will be received
    private volatile bool _hasLeft;
    private bool _saidGoodbye;
    private uint _bulkReceives;
    private int _bulkExpected; // chunks
    private long _lastRead = Environment.TickCount64; // by a caller
    private long _lastHeard = Environment.TickCount64; // by the watching thread
    private long _expectedCount;
    private long _received;

    /// <summary>Bulk comes between operations, and the last words after them.</summary>
    private bool MustWatch => _closed || _leaving || Volatile.Read(ref _bulkExpected) > 0;

    public long Expected => Volatile.Read(ref _expectedCount);

    public long Received => Volatile.Read(ref _received);

    /// <summary>Whether the peer has said goodbye and closed its side.</summary>
    public bool HasLeft => _hasLeft;

    public void Expect(uint operation, ushort part, int offset, Payload destination)
    {
        lock (_expected)
        {
            _expected.Enqueue((new Frame(FrameKind.Data, part, operation, (uint)offset, (uint)destination.Length), destination));
            Volatile.Write(ref _expectedCount, _expectedCount + 1);
            Monitor.PulseAll(_expected);
        }

        if (_hasLeft)
            _owner.OnLost(this, "it left the generation", null);
    }

    public void ExpectPartial(uint operation, ushort part, int offset, int length, Memory<float> scratch) =>
        Expect(operation, part, offset, new Payload(scratch[..length]));

    public Memory<float> Partial(int part, int length, Memory<float> scratch) => scratch[..length];

    public void ReleasePartials(int count)
    {
    }

    /// <summary>Says where the peer's next bulk transfer shall go. One caller at a time.</summary>
    public BulkTransfer ReceiveBulk(Memory<float> data)
    {
        var transfer = new BulkTransfer((long)data.Length * sizeof(float));
        var number = ++_bulkReceives;
        lock (_expected)
        {
            foreach (var (offset, chunk) in BulkChunks(data))
            {
                _bulkIn.Enqueue((new Frame(FrameKind.Bulk, 0, number, offset, (uint)chunk.Length), chunk, transfer));
                Interlocked.Increment(ref _bulkExpected);
            }

            Monitor.PulseAll(_expected);
        }

        WatchNow();

        return transfer;
    }

    public bool TryReceive(long count)
    {
        if (!_callerReceives)
            return false;
        lock (_reading)
        {
            try
            {
                while (Received < count && !_finished)
                {
                    _finished = !ReceiveFrame(waits: true);
                    Volatile.Write(ref _lastRead, Environment.TickCount64);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
            {
                _finished = true;
                Lost(e);
            }
        }

        return true;
    }

    private void ReceiveLoop()
    {
        try
        {
            if (_callerReceives)
            {
                Watch();
                return;
            }

            lock (_reading)
            {
                while (!_finished)
                    _finished = !ReceiveFrame(waits: true);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or DataChannelException)
        {
            _finished = true;
            Lost(e);
        }
    }

    /// <summary>Receives while nobody else does.</summary>
    private void Watch()
    {
        while (!_closed && !_finished)
        {
            lock (_watch)
            {
                var quiet = Since(Volatile.Read(ref _lastRead));
                if (quiet < WatchAfter && !MustWatch)
                {
                    Monitor.Wait(_watch, WatchAfter - quiet);
                    continue;
                }
            }

            _channel.Wire.Poll(WatchFor);
            FrameKind? awaiting;
            lock (_reading)
            {
                // A caller may have been here first, and taken what there was.
                if (!_finished && (_begun is not null || _channel.Wire.Poll(TimeSpan.Zero)))
                {
                    // Not waiting for a place in here: the caller who is to say it may be waiting for this lock.
                    _finished = !ReceiveFrame(waits: false);
                    _lastHeard = Environment.TickCount64;
                }
                else if (Since(Math.Max(_lastHeard, Volatile.Read(ref _lastRead))) > (_heard ? _options.Silence : _options.FirstWord))
                {
                    throw new SocketException((int)SocketError.TimedOut);
                }

                awaiting = _begun?.Kind;
            }

            if (awaiting is { } kind)
                AwaitPlace(kind, WatchFor);
        }
    }

    /// <summary>Waits until it was said where the next frame of the kind shall go; false when that was not in time, or the link is closed.</summary>
    private bool AwaitPlace(FrameKind kind, TimeSpan patience)
    {
        lock (_expected)
        {
            while (kind == FrameKind.Bulk ? _bulkIn.Count == 0 : _expected.Count == 0)
            {
                if (_closed || !Monitor.Wait(_expected, patience))
                    return false;
            }

            return true;
        }
    }

    private static TimeSpan Since(long tick) => TimeSpan.FromMilliseconds(Environment.TickCount64 - tick);

    private void WatchNow()
    {
        lock (_watch)
            Monitor.Pulse(_watch);
    }

    /// <summary>Receives one frame, waiting for it as long as the wire's patience; false when the link is of no further use.</summary>
    /// <param name="waits">Whether to wait for a place where none is said yet; else the frame stays begun.</param>
    private bool ReceiveFrame(bool waits)
    {
        if (_begun is null && !ReceiveHeader())
            return false;
        if (_begun is not { } frame)
            return true; // it was one without payload
        if (!AwaitPlace(frame.Kind, waits ? Timeout.InfiniteTimeSpan : TimeSpan.Zero))
            return !_closed;
        _begun = null;
        return frame.Kind == FrameKind.Bulk ? TryReceiveBulk(frame) : TryReceiveData(frame);
    }

    /// <summary>The next header: frames without payload are dealt with, others begun. False when the link is of no further use.</summary>
    private bool ReceiveHeader()
    {
        if (!_channel.TryReceiveHeader(_header))
        {
            End();
            return false;
        }

        if (!_heard)
        {
            _heard = true;
            _channel.Wire.SetPatience(_options.Silence);
        }

        var frame = Frame.Read(_header);
        if (frame == new Frame(FrameKind.Heartbeat, 0, 0, 0, 0))
            return true;
        if (frame == new Frame(FrameKind.Goodbye, 0, 0, 0, 0))
        {
            _saidGoodbye = true;
            return true;
        }

        if (frame.Kind is not (FrameKind.Data or FrameKind.Bulk))
        {
            _owner.OnLost(this, frame.Kind == FrameKind.Offer
                ? "it offers shared memory, which this worker does not take; has it another cluster.transport?"
                : "it sent what is no frame; has it another cluster.security.data?", null);
            return false;
        }

        _begun = frame;
        return true;
    }

    private bool TryReceiveData(Frame frame)
    {
        (Frame Frame, Payload Payload) expected;
        lock (_expected)
            expected = _expected.Dequeue();

        if (!TryReceive(frame, expected.Frame, expected.Payload))
            return false;
        Volatile.Write(ref _received, _received + 1);
        if (!_callerReceives)
            _owner.Signal.Ring();
        return true;
    }

    private bool TryReceiveBulk(Frame frame)
    {
        (Frame Frame, Payload Payload, BulkTransfer Transfer) expected;
        lock (_expected)
            expected = _bulkIn.Dequeue();

        if (!TryReceive(frame, expected.Frame, expected.Payload))
            return false;
        Interlocked.Decrement(ref _bulkExpected);
        expected.Transfer.Add(expected.Payload.Length);
        _owner.Signal.Ring();
        return true;
    }

    /// <summary>The payload of a frame that must be the expected one.</summary>
    private bool TryReceive(Frame frame, Frame expected, Payload destination)
    {
        if (frame != expected)
        {
            _owner.OnLost(this, $"it sent {frame} where {expected} was expected", null);
            return false;
        }

        if (_channel.TryReceivePayload(destination.Span))
            return true;
        End();
        return false;
    }

    /// <summary>The peer closed its side: well-mannered after a goodbye when nothing is expected any more, a loss otherwise.</summary>
    private void End()
    {
        bool loss;
        lock (_expected)
        {
            // Who expects more from now on finds out by itself.
            _hasLeft = _saidGoodbye;
            loss = !_saidGoodbye || Received < Expected;
        }

        if (loss)
            _owner.OnLost(this, "it closed the connection", null);
        _owner.Signal.Ring();
    }
}
