using System.Net.Sockets;

namespace DyT.Cli.Chaos;

/// <summary>One connection through a <see cref="LinkProxy"/>: two sockets, and a thread for each direction.</summary>
internal sealed class ProxyConnection
{
    // Large, so that a bulk transfer costs few system calls.
    private const int BufferBytes = 512 * 1024;

    private readonly Socket _client;
    private readonly LinkShape _shape;
    private readonly Action<ProxyConnection> _ended;
    private readonly Func<bool> _isGone;
    private readonly DelayLine?[] _lines = new DelayLine?[2];
    private readonly Lock _lock = new();
    private Socket? _target;
    private volatile bool _gone;
    private int _running = 1;

    public ProxyConnection(Socket client, LinkShape shape, Action<ProxyConnection> ended)
    {
        _client = client;
        _shape = shape;
        _ended = ended;
        _isGone = () => _gone;
    }

    /// <summary>Dials the target and forwards until both sides have ended or one is lost; on the calling thread for the client's direction.</summary>
    /// <param name="target">Where to; null when there will be no target. May block; is given the question whether the connection has gone meanwhile.</param>
    public void Run(Func<Func<bool>, (string Host, int Port)?> target)
    {
        try
        {
            if (!_shape.WaitUntilOpen(_isGone) || target(_isGone) is not var (host, port) || Socket() is not { } socket)
            {
                Abort();
                return;
            }

            socket.Connect(host, port);
            _client.NoDelay = socket.NoDelay = true;
            Interlocked.Increment(ref _running);
            new Thread(() => Forward(1, socket, _client), LinkProxy.StackBytes) { IsBackground = true, Name = "link proxy back" }.Start();
            Forward(0, _client, socket);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort();
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Resets both sides, as a broken network does: nobody is told of an orderly end.</summary>
    public void Abort()
    {
        lock (_lock)
        {
            if (_gone)
                return;
            _gone = true;
            Reset(_client);
            if (_target is { } target)
                Reset(target);
            foreach (var line in _lines)
                line?.Close();
        }

        _shape.Wake();
    }

    /// <summary>The target's socket, known here before it connects, so that a connect that hangs can be aborted; null when the connection has gone.</summary>
    private Socket? Socket()
    {
        lock (_lock)
            return _gone ? null : _target = new Socket(SocketType.Stream, ProtocolType.Tcp);
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side was faster; closing is all that is left to do.
            _ = e;
        }

        socket.Close(0);
    }

    private static void SendAll(Socket socket, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
            bytes = bytes[socket.Send(bytes)..];
    }

    private void Forward(int direction, Socket source, Socket sink)
    {
        try
        {
            var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes);
            while (true)
            {
                var count = source.Receive(buffer, 0, _shape.ChunkBytes(BufferBytes), SocketFlags.None);
                if (!_shape.WaitUntilOpen(_isGone) || !_shape.Carry(direction, count, _isGone))
                    return;
                if (count == 0)
                    break;
                Pass(direction, sink, buffer.AsSpan(0, count));
            }

            _lines[direction]?.Drain();
            // Half of the connection is over; the other half goes on.
            if (!_gone)
                sink.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Abort();
        }
        finally
        {
            if (direction == 1)
                Leave();
        }
    }

    private void Pass(int direction, Socket sink, ReadOnlySpan<byte> bytes)
    {
        var delay = _shape.DelayTicks;
        var line = _lines[direction];
        if (delay == 0 && (line is null || line.IsEmpty))
        {
            SendAll(sink, bytes);
            return;
        }

        (line ?? OpenLine(direction, sink)).Add(bytes, delay);
    }

    private DelayLine OpenLine(int direction, Socket sink)
    {
        var line = new DelayLine(
            "link proxy delay",
            bytes =>
            {
                // What is under way when the link falls silent does not arrive either.
                if (_shape.WaitUntilOpen(_isGone))
                    SendAll(sink, bytes);
            },
            _ => Abort());
        lock (_lock)
        {
            _lines[direction] = line;
            if (_gone)
                line.Close();
        }

        return line;
    }

    /// <summary>The last of the two threads closes what is left.</summary>
    private void Leave()
    {
        if (Interlocked.Decrement(ref _running) > 0)
            return;
        lock (_lock)
        {
            _gone = true;
            foreach (var line in _lines)
                line?.Close();
            _client.Dispose();
            _target?.Dispose();
        }

        _ended(this);
    }
}
