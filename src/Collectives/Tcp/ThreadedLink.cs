using System.Net.Sockets;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp;

/// <summary>A link over a wire that can only be waited for (TLS): one thread sends, another receives.</summary>
internal sealed class ThreadedLink : PeerLink
{
    private readonly Thread _sender;
    private readonly Thread _receiver;
    private bool _heard;

    /// <inheritdoc cref="PeerLink"/>
    public ThreadedLink(int rank, string name, IDataChannel channel, DataPlaneOptions options, ILinkOwner owner)
        : base(rank, name, channel, options, owner)
    {
        _sender = new Thread(SendLoop) { IsBackground = true, Name = $"to {name}" };
        _receiver = new Thread(ReceiveLoop) { IsBackground = true, Name = $"from {name}" };
    }

    public override void Start()
    {
        try
        {
            Channel.Wire.SetPatience(Options.FirstWord);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Lost(e); // another link of the generation broke before this one began, and closed all
        }

        _sender.Start();
        _receiver.Start();
    }

    public override void WaitUntilDone(TimeSpan patience)
    {
        if (_sender.Join(patience))
            _receiver.Join(patience);
        Close();
    }

    public override void AwaitEnd()
    {
        _sender.Join();
        _receiver.Join();
    }

    protected override void OnData() => Monitor.PulseAll(Gate);

    protected override void OnChange() => Monitor.PulseAll(Gate);

    protected override void OnClosed()
    {
        lock (Gate)
            Monitor.PulseAll(Gate);
    }

    private void SendLoop()
    {
        var header = new byte[Frame.HeaderBytes];
        try
        {
            while (TryAwaitOutgoing(out var frame, out var payload))
            {
                frame.Write(header);
                Channel.Send(header, payload.Span);
                lock (Gate)
                    OnSent(frame);
                Owner.Signal.Ring();
            }

            if (!IsClosed)
                Channel.ShutdownSend();
        }
        catch (Exception e) when (IsFailure(e))
        {
            Lost(e);
        }
    }

    /// <summary>The next frame, a heartbeat when there is none for a while; false at the end.</summary>
    private bool TryAwaitOutgoing(out Frame frame, out Payload payload)
    {
        (frame, payload) = (default, default);
        var since = Environment.TickCount64;
        lock (Gate)
        {
            while (!IsClosed)
            {
                if (TryTakeOutgoing(out frame, out payload))
                    return true;
                if (IsLeaving)
                    return false;
                var left = Options.Heartbeat - TimeSpan.FromMilliseconds(Environment.TickCount64 - since);
                if (HasLeft)
                {
                    Monitor.Wait(Gate); // nobody is there to hear heartbeats
                }
                else if (left <= TimeSpan.Zero)
                {
                    frame = new Frame(FrameKind.Heartbeat, 0, 0, 0, 0);
                    return true;
                }
                else
                {
                    Monitor.Wait(Gate, left);
                }
            }

            return false;
        }
    }

    private void ReceiveLoop()
    {
        var header = new byte[Frame.HeaderBytes];
        try
        {
            while (TryReceive(header))
            {
            }
        }
        catch (Exception e) when (IsFailure(e))
        {
            Lost(e);
        }
    }

    /// <summary>One frame, waited for as long as the wire's patience; false when nothing more comes.</summary>
    private bool TryReceive(byte[] header)
    {
        if (!Channel.TryReceiveHeader(header))
        {
            End();
            return false;
        }

        if (!_heard)
        {
            _heard = true;
            Channel.Wire.SetPatience(Options.Silence);
        }

        var frame = Frame.Read(header);
        if (!TryAwaitPlace(frame, out var place))
            return false;
        if (frame.Length > 0 && !Channel.TryReceivePayload(place.Span))
        {
            End();
            return false;
        }

        lock (Gate)
            OnReceived(frame);
        Owner.Signal.Ring();
        return true;
    }

    /// <summary>False when the link was closed before anybody said it.</summary>
    private bool TryAwaitPlace(Frame frame, out Payload place)
    {
        lock (Gate)
        {
            while (!TryPlace(frame, out place))
            {
                if (IsClosed)
                    return false;
                Monitor.Wait(Gate);
            }

            return true;
        }
    }

    private void End()
    {
        lock (Gate)
            OnEndOfStream();
    }
}
