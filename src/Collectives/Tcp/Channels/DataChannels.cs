using System.Net.Sockets;
using DyT.Config;

namespace DyT.Collectives.Tcp.Channels;

/// <summary>Puts the protection that the run asks for over a connection whose hello is proven on both sides.</summary>
internal static class DataChannels
{
    /// <summary>The listener's end.</summary>
    /// <exception cref="DataChannelException">The peer was not accepted.</exception>
    public static IDataChannel Accept(Socket socket, DataPlaneOptions options, byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce)
    {
        Tune(socket, options);
        if (options.Security == DataSecurity.Tls)
            return new PlainChannel(TlsWire.Accept(socket, options.Identity));
        if (options.Security == DataSecurity.Hello)
            return new PlainChannel(new SocketWire(socket));
        var (fromDialler, fromListener) = ConnectionKeys.Derive(secret, hello, nonce);
        return new IntegrityChannel(new SocketWire(socket), fromListener, fromDialler);
    }

    /// <summary>The dialler's end.</summary>
    /// <exception cref="DataChannelException">The peer was not accepted.</exception>
    public static IDataChannel Connect(Socket socket, string host, DataPlaneOptions options, byte[] secret, ReadOnlySpan<byte> hello, ReadOnlySpan<byte> nonce)
    {
        Tune(socket, options);
        if (options.Security == DataSecurity.Tls)
            return new PlainChannel(TlsWire.Connect(socket, options.Identity, host));
        if (options.Security == DataSecurity.Hello)
            return new PlainChannel(new SocketWire(socket));
        var (fromDialler, fromListener) = ConnectionKeys.Derive(secret, hello, nonce);
        return new IntegrityChannel(new SocketWire(socket), fromDialler, fromListener);
    }

    private static void Tune(Socket socket, DataPlaneOptions options)
    {
        socket.NoDelay = true;
        socket.SendBufferSize = options.SocketBufferBytes;
        socket.ReceiveBufferSize = options.SocketBufferBytes;

        // A peer that only computes may leave our bytes waiting for long, but it still sends heartbeats: silence is what the receiving side notices.
        socket.ReceiveTimeout = (int)options.Silence.TotalMilliseconds;
    }
}
