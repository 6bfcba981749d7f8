using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>Frames as they are: what protection there is, is the wire's.</summary>
internal sealed class PlainChannel(IWire wire) : IDataChannel
{
    private const int CoalescedBytes = 16 * 1024;

    private readonly byte[] _scratch = new byte[Frame.HeaderBytes + CoalescedBytes];

    public IWire Wire => wire;

    public void Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > CoalescedBytes)
        {
            wire.Send(header);
            wire.Send(payload);
            return;
        }

        header.CopyTo(_scratch);
        payload.CopyTo(_scratch.AsSpan(Frame.HeaderBytes));
        wire.Send(_scratch.AsSpan(0, Frame.HeaderBytes + payload.Length));
    }

    public bool TryReceiveHeader(Span<byte> header) => wire.TryReceive(header);

    public bool TryReceivePayload(Span<byte> payload) => wire.TryReceive(payload);

    public FrameStream? OpenStream() => wire.Socket is { } socket ? new FrameStream(socket, null, null) : null;

    public void ShutdownSend() => wire.ShutdownSend();

    public void Dispose() => wire.Dispose();
}
