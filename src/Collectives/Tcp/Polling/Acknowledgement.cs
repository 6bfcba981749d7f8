using System.Buffers.Binary;
using System.Net.Sockets;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>
/// What the peer's host, as opposed to its process, last said: a host that lives acknowledges within a round trip what it was sent, and heartbeats see to it that it is sent something. Asked for
/// while we read nothing ourselves, so that the peer's own heartbeats cannot be seen. TCP_USER_TIMEOUT will not do: it breaks the connection to a live peer that computes and leaves our bytes waiting
/// (a window of zero), whatever its host acknowledges; and keep-alive probes are not sent while anything is unacknowledged.
/// </summary>
/// <param name="IsAwaited">Whether something is on its way that was not acknowledged. Not while the peer's window is closed: then nothing is on its way.</param>
/// <param name="Age">Since the last acknowledgement of anything.</param>
internal readonly record struct Acknowledgement(bool IsAwaited, TimeSpan Age)
{
    private const int Tcp = 6; // IPPROTO_TCP
    private const int TcpInfo = 11; // TCP_INFO
    private const int UnacknowledgedAt = 24; // tcpi_unacked, in segments
    private const int AgeAt = 56; // tcpi_last_ack_recv, in milliseconds
    private const int Bytes = AgeAt + sizeof(uint);

    public static Acknowledgement Of(Socket socket)
    {
        Span<byte> info = stackalloc byte[Bytes];
        socket.GetRawSocketOption(Tcp, TcpInfo, info);
        return new(
            BinaryPrimitives.ReadUInt32LittleEndian(info[UnacknowledgedAt..]) > 0,
            TimeSpan.FromMilliseconds(BinaryPrimitives.ReadUInt32LittleEndian(info[AgeAt..])));
    }

    /// <summary>Whether the host is silent. One look may come right after a pause of this process, so it takes two in a row to believe it.</summary>
    public bool IsOverdue(TimeSpan silence) => IsAwaited && Age > silence;
}
