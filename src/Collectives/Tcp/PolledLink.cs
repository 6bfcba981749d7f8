using System.Net.Sockets;
using System.Runtime.InteropServices;
using DyT.Collectives.Tcp.Channels;
using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tcp;

/// <summary>
/// A link that never waits in a send or a receive: whoever has time for it moves what can be moved, in both directions, and leaves it at any byte to the next. During an operation that is the operation's
/// own thread (<see cref="Attend"/>, <see cref="Step"/>), which saves waking others and taking turns with them. Otherwise it is the link's thread, which also sends heartbeats and notices silence at all times.
/// </summary>
/// <remarks>
/// All state is under <see cref="PeerLink.Gate"/>, which nobody holds for longer than one system call that does not wait. Only one receives at a time: while the link is attended, its
/// thread leaves the incoming bytes alone, so that the attending thread may sleep until there are some.
/// </remarks>
internal sealed class PolledLink : PeerLink
{
    private static readonly TimeSpan ReturnsWithin = TimeSpan.FromMilliseconds(50); // an operation's thread, after it has left: until then it's not worth waking the link's
    private static readonly Frame Heartbeat = new(FrameKind.Heartbeat, 0, 0, 0, 0);

    private readonly FrameStream _stream;
    private readonly Waker _waker = new();
    private readonly PollSet _poll;
    private readonly Thread _thread;
    private Frame _sending; // the writer's, unless it is idle
    private bool _attended;
    private bool _asleep; // the link's thread may be waiting
    private bool _saidAll; // nothing more is sent
    private bool _heardAll; // nothing more is received
    private bool _heard; // a first word
    private bool _wasOverdue; // an acknowledgement, at the last look
    private long _lastAttended; // this and the following by Environment.TickCount64
    private long _lastSent;
    private long _lastHeard;
    private long _lastLook;

    /// <inheritdoc cref="PeerLink"/>
    /// <param name="stream">The channel's frames.</param>
    public PolledLink(int rank, string name, IDataChannel channel, FrameStream stream, DataPlaneOptions options, ILinkOwner owner)
        : base(rank, name, channel, options, owner)
    {
        _stream = stream;
        _poll = new PollSet(_waker, connections: 1);
        _thread = new Thread(Tend) { IsBackground = true, Name = $"with {name}" };
        _lastSent = _lastHeard = _lastLook = Environment.TickCount64;
    }

    /// <summary>The connection, for whoever waits.</summary>
    public SafeHandle Handle => _stream.Handle;

    /// <summary>Whether the header of a frame is here whose place nobody has said: nothing can be received until then.</summary>
    private bool IsStalled => _stream.Reader.NeedsPlace;

    /// <summary>How far <see cref="Look"/>s are apart at most: how late a heartbeat may be and silence be noticed.</summary>
    private TimeSpan LooksEvery => Options.Heartbeat / 4;

    public override void Start() => _thread.Start();

    public override void WaitUntilDone(TimeSpan patience)
    {
        _thread.Join(patience);
        Close();
    }

    public override void AwaitEnd()
    {
        _thread.Join();
        _waker.Dispose();
    }

    /// <summary>From now on the calling thread moves what there is, by <see cref="Step"/>.</summary>
    public void Attend()
    {
        lock (Gate)
            _attended = true;
    }

    /// <summary>The link's thread goes on.</summary>
    public void Release()
    {
        lock (Gate)
        {
            _attended = false;
            _lastAttended = Environment.TickCount64;
            if (HasBulk)
                Wake();
        }
    }

    /// <summary>Moves what can be moved without waiting, a frame in each direction at most; true when anything was.</summary>
    public bool Step()
    {
        lock (Gate)
            return TryMove(receives: true);
    }

    /// <summary>What there is to wait for when <see cref="Step"/> moves nothing.</summary>
    public PollEvents Awaited()
    {
        lock (Gate)
            return Events(receives: true);
    }

    protected override void OnData()
    {
        if (_attended)
            TryMove(receives: false);
        else
            Wake();
    }

    protected override void OnChange()
    {
        if (_attended)
            Owner.Signal.Ring(); // what the attending thread waits for may be other events by now
        else
            Wake();
    }

    protected override void OnClosed() => _waker.Ring();

    private void Wake()
    {
        if (!_asleep)
            return;
        _asleep = false;
        _waker.Ring();
    }

    private PollEvents Events(bool receives)
    {
        var events = PollEvents.None;
        if (!_saidAll && (!_stream.Writer.IsIdle || HasOutgoing))
            events |= PollEvents.Writable;
        if (receives && !_heardAll && !IsStalled)
            events |= PollEvents.Readable;
        return events;
    }

    private bool TryMove(bool receives)
    {
        if (IsClosed)
            return false;
        try
        {
            // Both in turns: when both sides send more than the connection holds, each must also take.
            return Send() | (receives && Receive());
        }
        catch (Exception e) when (IsFailure(e))
        {
            _saidAll = _heardAll = true;
            Lost(e);
            return true; // whoever waits looks for a failure first
        }
    }

    /// <summary>Sends what the connection takes of one frame; after the last one, ends the own direction.</summary>
    private bool Send()
    {
        var writer = _stream.Writer;
        if (_saidAll)
            return false;
        if (writer.IsIdle)
        {
            if (TryTakeOutgoing(out _sending, out var payload))
                writer.Begin(_sending, payload);
            else if (!IsLeaving)
                return false;
            else
                return EndSending();
        }

        if (!writer.Send())
            return false;
        _lastSent = Environment.TickCount64;
        if (writer.IsIdle)
            OnSent(_sending);
        return true;
    }

    private bool EndSending()
    {
        _saidAll = true;
        Channel.ShutdownSend();
        return true;
    }

    /// <summary>Receives what is here, up to the next frame's header.</summary>
    private bool Receive()
    {
        if (_heardAll)
            return false;
        var moved = TryAdvance();
        if (IsStalled)
            return moved;
        var count = _stream.Reader.Receive();
        if (count < 0)
            return moved;
        _lastHeard = Environment.TickCount64;
        if (count > 0)
        {
            TryAdvance();
            return true;
        }

        _heardAll = true;
        OnEndOfStream();
        return true;
    }

    /// <summary>Makes what is to be made of the bytes that are here; true when that was anything.</summary>
    private bool TryAdvance()
    {
        var reader = _stream.Reader;
        var advanced = false;
        while (true)
        {
            if (reader.NeedsPlace)
            {
                _heard = true;
                if (!TryPlace(reader.Frame, out var place))
                    return advanced;
                reader.Place(place);
                _lastHeard = Environment.TickCount64; // we did not listen while it had none
                advanced = true;
            }

            if (!reader.IsComplete)
                return advanced;
            var frame = reader.Frame;
            reader.Finish();
            OnReceived(frame);
            advanced = true;
        }
    }

    private void Tend()
    {
        while (true)
        {
            int patience;
            lock (Gate)
            {
                if (IsClosed || (_saidAll && _heardAll))
                    return;
                Look();
                var mine = !_attended && (HasBulk || IsLeaving || Environment.TickCount64 - _lastAttended >= ReturnsWithin.TotalMilliseconds);
                if (mine && TryMove(receives: true))
                {
                    Owner.Signal.Ring();
                    continue;
                }

                _poll.Clear();
                if (mine)
                    _poll.Add(Handle, Events(receives: true));
                patience = (int)(mine || LooksEvery < ReturnsWithin ? LooksEvery : ReturnsWithin).TotalMilliseconds;
                _asleep = true;
            }

            _poll.Wait(patience);
        }
    }

    /// <summary>What has to be looked at from time to time, whoever moves the bytes: our own sign of life, and the peer's.</summary>
    private void Look()
    {
        var now = Environment.TickCount64;
        try
        {
            if (!_heardAll && IsSilent(now))
                throw new SocketException((int)SocketError.TimedOut);
            if (!_saidAll && !HasLeft && _stream.Writer.IsIdle && !HasOutgoing && now - _lastSent >= (Options.Heartbeat - LooksEvery).TotalMilliseconds)
            {
                _stream.Writer.Begin(_sending = Heartbeat, default);
                Send();
                Owner.Signal.Ring(); // the attending thread may have to send the rest
            }
        }
        catch (Exception e) when (IsFailure(e))
        {
            _saidAll = _heardAll = true;
            Lost(e);
        }
    }

    private bool IsSilent(long now)
    {
        if (IsStalled)
        {
            // Its heartbeats wait behind the frame that we do not take; its host must acknowledge ours all the same. Two looks far apart: one may come just before an
            // acknowledgement. (While the peer's window is closed there is nothing to be acknowledged, and its death is not seen here.)
            if (now - _lastLook < Options.Heartbeat.TotalMilliseconds)
                return false;
            _lastLook = now;
            var wasOverdue = _wasOverdue;
            _wasOverdue = _stream.Acknowledgement.IsOverdue(Options.Silence);
            return wasOverdue && _wasOverdue;
        }

        _wasOverdue = false;
        return now - _lastHeard > (_heard ? Options.Silence : Options.FirstWord).TotalMilliseconds && !_stream.IsReadable;
    }
}
