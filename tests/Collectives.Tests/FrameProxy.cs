using System.Net;
using System.Net.Sockets;

namespace DyT.Collectives.Tests;

/// <summary>Stands between a dialler and a listener: passes the hello, and what the dialler sends after it frame by frame through somebody's hands.</summary>
internal sealed class FrameProxy : IDisposable
{
    private const int HeaderBytes = 16;
    private const int SealBytes = 16;
    private const int ProofBytes = 32;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly Func<int, byte[], IEnumerable<byte[]>> _pass;
    private readonly List<Socket> _sockets = [];

    /// <param name="pass">Number and bytes of a sealed frame to what goes on in its place.</param>
    public FrameProxy(int target, Func<int, byte[], IEnumerable<byte[]>> pass)
    {
        _target = target;
        _pass = pass;
        _listener.Start();
        new Thread(Run) { IsBackground = true }.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _listener.Dispose();
        lock (_sockets)
            _sockets.ForEach(s => s.Dispose());
    }

    private void Run()
    {
        try
        {
            var dialler = _listener.AcceptSocket();
            var target = RawPeer.Connect(_target);
            lock (_sockets)
                _sockets.AddRange([dialler, target]);
            new Thread(() => Guarded(() => Copy(target, dialler))) { IsBackground = true }.Start();
            Guarded(() =>
            {
                target.Send(RawPeer.Receive(dialler, RawPeer.Hello(1, 1, 0).Length));
                target.Send(RawPeer.Receive(dialler, ProofBytes));
                for (var number = 0; Next(dialler) is { } frame; number++)
                {
                    foreach (var passed in _pass(number, frame))
                        target.Send(passed);
                }

                target.Shutdown(SocketShutdown.Send);
            });
        }
        catch (SocketException)
        {
            // Disposed before anybody came.
        }
    }

    private static byte[]? Next(Socket from)
    {
        var header = RawPeer.Receive(from, HeaderBytes);
        if (header.Length < HeaderBytes)
            return null;
        return [.. header, .. RawPeer.Receive(from, (int)BitConverter.ToUInt32(header, 12) + SealBytes)];
    }

    private static void Copy(Socket from, Socket to)
    {
        while (RawPeer.Receive(from, 1) is { Length: > 0 } bytes)
            to.Send(bytes);
        to.Shutdown(SocketShutdown.Send);
    }

    private static void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // One of the ends has had enough.
        }
    }
}
