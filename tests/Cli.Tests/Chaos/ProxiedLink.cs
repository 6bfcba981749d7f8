using System.Net;
using System.Net.Sockets;
using DyT.Cli.Chaos;

namespace DyT.Cli.Tests.Chaos;

/// <summary>A listening worker with a proxy in front of it.</summary>
internal sealed class ProxiedLink : IDisposable
{
    private readonly Socket _worker = new(SocketType.Stream, ProtocolType.Tcp);

    public ProxiedLink(bool known = true)
    {
        _worker.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _worker.Listen(64);
        if (known)
            Tell();
    }

    public LinkProxy Proxy { get; } = new(IPAddress.Loopback);

    public void Tell() => Proxy.ForwardTo("127.0.0.1", ((IPEndPoint)_worker.LocalEndPoint!).Port);

    /// <summary>Both ends of a new connection through the proxy.</summary>
    public (Socket Peer, Socket Worker) Connect()
    {
        var peer = Dial();
        return (peer, Accept());
    }

    public Socket Dial()
    {
        var peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 10000, SendTimeout = 10000, NoDelay = true };
        peer.Connect(Proxy.EndPoint);
        return peer;
    }

    public Socket Accept()
    {
        Assert.True(_worker.Poll(TimeSpan.FromSeconds(10), SelectMode.SelectRead), "nothing came through the proxy");
        var worker = _worker.Accept();
        worker.ReceiveTimeout = worker.SendTimeout = 10000;
        worker.NoDelay = true;
        return worker;
    }

    public bool HasArrival(int milliseconds) => _worker.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead);

    public static byte[] Receive(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var at = 0; at < count;)
        {
            var read = socket.Receive(bytes, at, count - at, SocketFlags.None);
            Assert.True(read > 0, "the connection ended");
            at += read;
        }

        return bytes;
    }

    public static bool IsSilent(Socket socket, int milliseconds) => !socket.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead);

    public void Dispose()
    {
        Proxy.Dispose();
        _worker.Dispose();
    }
}
