using System.Net.Sockets;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>A channel's frames from now on, without waiting. Closed with the channel.</summary>
internal sealed class FrameStream(Socket socket, FrameSeal? outgoing, FrameSeal? incoming)
{
    public SafeSocketHandle Handle { get; } = socket.SafeHandle;

    public FrameWriter Writer { get; } = new(socket.SafeHandle, outgoing);

    public FrameReader Reader { get; } = new(socket.SafeHandle, incoming);

    /// <summary>Whether there is anything to receive now, the end of the stream included.</summary>
    public bool IsReadable => socket.Poll(0, SelectMode.SelectRead);

    public Acknowledgement Acknowledgement => Acknowledgement.Of(socket);
}
