using System.Net;
using System.Net.Sockets;

namespace DyT.Cli.Chaos;

/// <summary>
/// Stands in front of a worker's data plane: others connect here and are forwarded to it. The link can be cut, silenced, slowed and delayed while it is in use, for all
/// connections at once. Left alone it costs a copy of each byte. Thread-safe.
/// </summary>
public sealed class LinkProxy : IDisposable
{
    /// <summary>The threads call little.</summary>
    internal const int StackBytes = 256 * 1024;

    private const int Backlog = 256;

    private readonly Socket _listener;
    private readonly LinkShape _shape = new();
    private readonly object _gate = new();
    private readonly HashSet<ProxyConnection> _connections = [];
    private readonly Thread _acceptor;
    private (string Host, int Port)? _target;
    private bool _closed;

    /// <summary>Listens at once. Whoever connects before the target is known waits.</summary>
    /// <param name="port">0: a free one.</param>
    /// <exception cref="SocketException">The address is not to be had.</exception>
    public LinkProxy(IPAddress address, int port = 0)
    {
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(new IPEndPoint(address, port));
            _listener.Listen(Backlog);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        _acceptor = new Thread(Accept, StackBytes) { IsBackground = true, Name = "link proxy accept" };
        _acceptor.Start();
    }

    /// <summary>Where others connect to.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>Connections that are open, those that wait for the target included.</summary>
    public int Connections
    {
        get
        {
            lock (_gate)
                return _connections.Count;
        }
    }

    /// <summary>Where connections go from now on; those that are open stay. Tell again when the worker was started anew.</summary>
    public void ForwardTo(string host, int port)
    {
        lock (_gate)
        {
            _target = (host, port);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Resets every open connection on both sides; new ones are welcome.</summary>
    /// <returns>How many there were.</returns>
    public int Cut()
    {
        ProxyConnection[] open;
        lock (_gate)
        {
            open = [.. _connections];
            Monitor.PulseAll(_gate);
        }

        foreach (var connection in open)
            connection.Abort();
        lock (_gate)
            Monitor.PulseAll(_gate);
        return open.Length;
    }

    /// <summary>Silence: connections stay and can be made, but not a byte passes in either direction.</summary>
    public void Pause() => _shape.Set(paused: true);

    /// <summary>Ends the silence; nothing was lost.</summary>
    public void Resume() => _shape.Set(paused: false);

    /// <summary>At most so many bytes per second in each direction, over all connections; null: as many as possible.</summary>
    public void Throttle(long? bytesPerSecond)
    {
        if (bytesPerSecond is { } rate)
            ArgumentOutOfRangeException.ThrowIfLessThan(rate, 1);
        _shape.Set(bytesPerSecond: bytesPerSecond ?? 0);
    }

    /// <summary>Each byte arrives so much later, in each direction.</summary>
    public void Delay(TimeSpan delay)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, TimeSpan.FromMinutes(10));
        _shape.Set(delay: delay);
    }

    /// <summary>Closes the port and resets every connection; returns when none is left.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            Monitor.PulseAll(_gate);
        }

        _listener.Dispose();
        _acceptor.Join();
        Cut();
        lock (_gate)
        {
            while (_connections.Count > 0)
                Monitor.Wait(_gate);
        }
    }

    private void Accept()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = _listener.Accept();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    if (_closed || e is ObjectDisposedException)
                        return;
                    // The caller went away, or there are no file descriptors left: a moment, or this would spin.
                    Monitor.Wait(_gate, 10);
                }

                continue;
            }

            var connection = new ProxyConnection(client, _shape, Remove);
            lock (_gate)
                _connections.Add(connection);
            new Thread(() => connection.Run(AwaitTarget), StackBytes) { IsBackground = true, Name = "link proxy" }.Start();
        }
    }

    private void Remove(ProxyConnection connection)
    {
        lock (_gate)
        {
            _connections.Remove(connection);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Where to, once that is known; null when the caller has gone meanwhile.</summary>
    private (string Host, int Port)? AwaitTarget(Func<bool> gone)
    {
        lock (_gate)
        {
            while (_target is null && !gone() && !_closed)
                Monitor.Wait(_gate);
            return gone() || _closed ? null : _target;
        }
    }
}
