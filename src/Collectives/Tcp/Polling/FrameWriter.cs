using System.Runtime.InteropServices;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>
/// Sends one frame after the other without waiting: header, payload and seal in one system call, straight from the caller's memory, which must stay as it is until the frame is gone. One thread at a
/// time; another may go on where one has stopped.
/// </summary>
internal sealed unsafe class FrameWriter(SafeHandle socket, FrameSeal? seal)
{
    private readonly byte[] _header = new byte[Frame.HeaderBytes];
    private readonly byte[] _seal = new byte[seal is null ? 0 : FrameSeal.Bytes];
    private Payload _payload;
    private int _length; // of the whole frame
    private int _sent; // of it

    /// <summary>Whether the last frame is gone.</summary>
    public bool IsIdle => _sent == _length;

    /// <summary>Takes on the next frame, when the last one is gone.</summary>
    public void Begin(Frame frame, Payload payload)
    {
        frame.Write(_header);
        _payload = payload;
        seal?.Next(_header, payload.Span, _seal);
        _length = _header.Length + payload.Length + _seal.Length;
        _sent = 0;
    }

    /// <summary>Sends what the connection takes at once; false when that is nothing.</summary>
    public bool Send()
    {
        fixed (byte* header = _header, payload = _payload.Span, end = _seal)
        {
            var segments = stackalloc Segment[3];
            var list = new SegmentList(segments, skip: _sent);
            list.Add(header, _header.Length);
            list.Add(payload, _payload.Length);
            list.Add(end, _seal.Length);
            var count = SystemCalls.Send(socket, segments, list.Count);
            if (count <= 0)
                return false;
            _sent += count;
        }

        if (IsIdle)
            _payload = default; // keeps nobody's memory alive
        return true;
    }
}
