using System.Net.Sockets;
using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>The bare connection.</summary>
internal sealed class SocketWire(Socket socket) : IWire
{
    public void Send(ReadOnlySpan<byte> bytes) => SocketIO.Send(socket, bytes);

    public bool TryReceive(Span<byte> buffer) => SocketIO.TryReceive(socket, buffer);

    public void SetPatience(TimeSpan patience) => socket.ReceiveTimeout = (int)patience.TotalMilliseconds;

    public Socket? Socket => SystemCalls.IsSupported ? socket : null;

    public void ShutdownSend() => socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => socket.Dispose();
}
