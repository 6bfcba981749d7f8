using System.Runtime.InteropServices;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>
/// Receives one frame after the other without waiting, straight into the memory that somebody says once the header is here (<see cref="Place"/>). A call that fills the frame takes the next one's header
/// along, so most frames cost one system call. One thread at a time; another may go on where one has stopped.
/// </summary>
internal sealed unsafe class FrameReader(SafeHandle socket, FrameSeal? seal)
{
    private readonly byte[] _seal = new byte[seal is null ? 0 : FrameSeal.Bytes];
    private byte[] _header = new byte[Frame.HeaderBytes];
    private byte[] _next = new byte[Frame.HeaderBytes]; // what is here of the next frame's
    private int _received; // of header, payload, seal and the next header, in this order; before the place is known, of the header alone
    private bool _isPlaced;

    /// <summary>Whether a header is here, and nobody has said yet where its payload goes.</summary>
    public bool NeedsPlace => !_isPlaced && _received == Frame.HeaderBytes;

    /// <summary>Whether the whole frame is here.</summary>
    public bool IsComplete => _isPlaced && _received >= FrameBytes;

    /// <summary>The frame in hand, once its header is here.</summary>
    public Frame Frame => Frame.Read(_header);

    /// <summary>Where its payload goes, or is.</summary>
    public Payload Payload { get; private set; }

    private int FrameBytes => Frame.HeaderBytes + Payload.Length + _seal.Length;

    /// <summary>Says where the payload goes; it is as long as the header says.</summary>
    public void Place(Payload payload)
    {
        Payload = payload;
        _isPlaced = true;
    }

    /// <summary>Takes what is there for the frame in hand: bytes, 0 at the end of the stream, -1 when there is nothing now. Not while it needs a place.</summary>
    public int Receive()
    {
        int count;
        fixed (byte* header = _header, payload = Payload.Span, end = _seal, next = _next)
        {
            var segments = stackalloc Segment[4];
            var list = new SegmentList(segments, skip: _received);
            list.Add(header, _header.Length);
            if (_isPlaced)
            {
                list.Add(payload, Payload.Length);
                list.Add(end, _seal.Length);
                list.Add(next, _next.Length);
            }

            count = SystemCalls.Receive(socket, segments, list.Count);
        }

        if (count > 0)
            _received += count;
        return count;
    }

    /// <summary>Checks the complete frame and goes on to the next.</summary>
    /// <exception cref="DataChannelException">Its seal is wrong.</exception>
    public void Finish()
    {
        seal?.Check(_header, Payload.Span, _seal);
        _received -= FrameBytes;
        (_header, _next) = (_next, _header);
        Payload = default;
        _isPlaced = false;
    }
}
