using System.Net.Sockets;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>
/// Bytes in order to and from one peer, encrypted or not. One thread may send while another receives; <see cref="IDisposable.Dispose"/> breaks the
/// connection from any thread. Fails with a SocketException, an ObjectDisposedException or a <see cref="DataChannelException"/>.
/// </summary>
internal interface IWire : IDisposable
{
    void Send(ReadOnlySpan<byte> bytes);

    /// <summary>Fills the buffer; false when the stream ends before.</summary>
    bool TryReceive(Span<byte> buffer);

    /// <summary>How long a receive may wait for anything at all.</summary>
    void SetPatience(TimeSpan patience);

    /// <summary>The connection, where its bytes are the wire's and the system can say when there are any; else null.</summary>
    Socket? Socket { get; }

    /// <summary>Ends the own direction; what the peer still sends can be received.</summary>
    void ShutdownSend();
}
