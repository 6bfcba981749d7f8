using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using DyT.Collectives.Tcp;

namespace DyT.Collectives.Tests;

/// <summary>A peer written from the protocol's description alone, so that the description is tested too.</summary>
internal static class RawPeer
{
    public static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10_000 };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    public static byte[] Hello(long generation, int fromRank, int toRank, string run = "run", byte[]? plan = null, int wire = 0, int stream = 0, int streams = 1) =>
        [.. "DYTDATA4"u8, .. SHA256.HashData(Encoding.UTF8.GetBytes(run)), .. plan ?? new byte[32], .. BitConverter.GetBytes(generation), .. BitConverter.GetBytes(fromRank), .. BitConverter.GetBytes(toRank), .. BitConverter.GetBytes(wire), .. BitConverter.GetBytes(stream), .. BitConverter.GetBytes(streams), .. RandomNumberGenerator.GetBytes(32)];

    public static byte[] Proof(byte[] secret, string side, byte[] hello, byte[] nonce) =>
        HMACSHA256.HashData(secret, (byte[])[.. Encoding.ASCII.GetBytes(side), .. hello, .. nonce]);

    /// <summary>Receives exactly so many bytes, or fewer when the other side closes.</summary>
    public static byte[] Receive(Socket socket, int count)
    {
        var bytes = new byte[count];
        var have = 0;
        try
        {
            while (have < count && socket.Receive(bytes.AsSpan(have)) is var got and > 0)
                have += got;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Closed with something unread: the same to us.
        }

        return bytes[..have];
    }

    /// <summary>A whole, correct hello.</summary>
    public static Socket Greet(int port, GenerationPlan plan, int fromRank, int toRank, int wire = 0, int stream = 0, int streams = 1)
    {
        var socket = Connect(port);
        var hello = Hello(plan.Number, fromRank, toRank, plan: plan.Digest(), wire: wire, stream: stream, streams: streams);
        socket.Send(hello);
        var answer = Receive(socket, 64);
        Assert.Equal(64, answer.Length);
        Assert.Equal(Proof(Generation.Secret, "listener", hello, answer[..32]), answer[32..]);
        socket.Send(Proof(Generation.Secret, "dialler", hello, answer[..32]));
        Assert.Equal([1], Receive(socket, 1));
        return socket;
    }

    /// <summary>Options with which a silent peer is lost soon.</summary>
    public static DataPlaneOptions Impatient { get; } = Generation.Options with { Silence = TimeSpan.FromSeconds(1), FirstWord = TimeSpan.FromSeconds(1) };

    /// <summary>Waits for the loss of a stranger that knows the secret but never says anything after the hello: at least <see cref="Impatient"/>'s silence.</summary>
    public static PeerLostException LoseSilent()
    {
        using var listener = Generation.Listen(Impatient);
        var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("mute", "127.0.0.1", 1, new ShardRange(1, 2))]);
        using var mute = Greet(listener.Port, plan, fromRank: 1, toRank: 0);
        using var collective = listener.Connect(plan, 0, CancellationToken.None);
        return Assert.Throws<PeerLostException>(() => collective.Barrier());
    }
}
