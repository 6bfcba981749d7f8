using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>
/// Frames to and from one peer, under the protection that the run asks for. Threads and failures as for <see cref="IWire"/>. A frame is a header of
/// <see cref="Frame.HeaderBytes"/> and as much payload as the header says.
/// </summary>
internal interface IDataChannel : IDisposable
{
    /// <summary>What carries the frames; the hello's last byte goes by it before the first of them.</summary>
    IWire Wire { get; }

    void Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload);

    /// <summary>
    /// The next frame's header; false at the end of the stream. The header of a frame without payload is as good as the channel's protection; that of
    /// another one is so only when its payload is here.
    /// </summary>
    bool TryReceiveHeader(Span<byte> header);

    /// <summary>The payload of the frame just begun, straight into its place: in order, or the channel fails. False at the end of the stream.</summary>
    bool TryReceivePayload(Span<byte> payload);

    /// <summary>The frames from now on without waiting, in place of <see cref="Send"/> and the receiving ones; null where the wire has no such way.</summary>
    FrameStream? OpenStream();

    void ShutdownSend();
}
