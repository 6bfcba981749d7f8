using System.Buffers.Binary;
using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>Every frame is followed by its <see cref="FrameSeal"/>. Nothing is hidden, but nothing can be changed unseen either.</summary>
internal sealed class IntegrityChannel(IWire wire, byte[] sendKey, byte[] receiveKey) : IDataChannel
{
    private const int CoalescedBytes = 16 * 1024;
    private const int LengthAt = 12; // the header's field, see Frame

    private readonly FrameSeal _outgoing = new(sendKey);
    private readonly FrameSeal _incoming = new(receiveKey);
    private readonly byte[] _scratch = new byte[Frame.HeaderBytes + CoalescedBytes + FrameSeal.Bytes];
    private readonly byte[] _header = new byte[Frame.HeaderBytes];
    private readonly byte[] _received = new byte[FrameSeal.Bytes];

    public IWire Wire => wire;

    public void Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload)
    {
        header.CopyTo(_scratch);
        if (payload.Length <= CoalescedBytes)
        {
            payload.CopyTo(_scratch.AsSpan(Frame.HeaderBytes));
            var length = Frame.HeaderBytes + payload.Length;
            _outgoing.Next(header, payload, _scratch.AsSpan(length, FrameSeal.Bytes));
            wire.Send(_scratch.AsSpan(0, length + FrameSeal.Bytes));
            return;
        }

        wire.Send(header);
        wire.Send(payload);
        var seal = _scratch.AsSpan(0, FrameSeal.Bytes);
        _outgoing.Next(header, payload, seal); // while the payload is on its way
        wire.Send(seal);
    }

    public bool TryReceiveHeader(Span<byte> header)
    {
        if (!wire.TryReceive(header))
            return false;
        header.CopyTo(_header);
        return PayloadLength > 0 || TryCheckSeal([]);
    }

    public bool TryReceivePayload(Span<byte> payload)
    {
        if (payload.Length != PayloadLength)
            throw new ArgumentException($"{payload.Length} bytes for a payload of {PayloadLength}", nameof(payload));
        return payload.Length == 0 || (wire.TryReceive(payload) && TryCheckSeal(payload));
    }

    public FrameStream? OpenStream() => wire.Socket is { } socket ? new FrameStream(socket, _outgoing, _incoming) : null;

    public void ShutdownSend() => wire.ShutdownSend();

    public void Dispose()
    {
        wire.Dispose();
        _outgoing.Dispose();
        _incoming.Dispose();
    }

    private uint PayloadLength => BinaryPrimitives.ReadUInt32LittleEndian(_header.AsSpan(LengthAt));

    private bool TryCheckSeal(ReadOnlySpan<byte> payload)
    {
        if (!wire.TryReceive(_received))
            return false;
        _incoming.Check(_header, payload, _received);
        return true;
    }
}
