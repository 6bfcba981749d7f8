using System.Net.Sockets;

namespace DyT.Collectives.Tcp;

internal static class SocketIO
{
    /// <summary>Fills the buffer; false when the stream ends before.</summary>
    public static bool TryReceive(Socket socket, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            var count = socket.Receive(buffer);
            if (count == 0)
                return false;
            buffer = buffer[count..];
        }

        return true;
    }

    public static void Send(Socket socket, ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
            buffer = buffer[socket.Send(buffer)..];
    }

    /// <summary>What a socket's failure means, in words.</summary>
    public static string Describe(SocketException e, TimeSpan silence) => e.SocketErrorCode switch
    {
        SocketError.TimedOut or SocketError.WouldBlock => $"it was silent for {silence.TotalSeconds:0.#} s",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "the connection broke",
        _ => e.Message,
    };
}
