using System.Buffers;
using System.Diagnostics;

namespace DyT.Cli.Chaos;

/// <summary>
/// One direction's bytes under way: each chunk is sent when its time has come, so that a delay costs no bandwidth. Its thread is started when the first chunk comes,
/// so a link that was never delayed has none.
/// </summary>
internal sealed class DelayLine(string name, Action<ReadOnlySpan<byte>> send, Action<Exception> failed)
{
    /// <summary>What may be under way: 64 MiB, a second at 64 MiB/s. Beyond it the sender waits, as with a real window.</summary>
    private const long MaxBytes = 64L << 20;

    private readonly object _gate = new();
    private readonly Queue<(byte[] Buffer, int Count, long Due)> _chunks = new();
    private long _bytes;
    private Thread? _thread;
    private bool _closed;

    /// <summary>Nothing is under way: what comes now may be sent directly and overtakes nothing.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_gate)
                return _bytes == 0;
        }
    }

    public void Add(ReadOnlySpan<byte> chunk, long delayTicks)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(chunk.Length);
        chunk.CopyTo(buffer);
        lock (_gate)
        {
            while (_bytes > 0 && _bytes + chunk.Length > MaxBytes && !_closed)
                Monitor.Wait(_gate);
            if (_closed)
            {
                ArrayPool<byte>.Shared.Return(buffer);
                return;
            }

            _chunks.Enqueue((buffer, chunk.Length, Stopwatch.GetTimestamp() + delayTicks));
            _bytes += chunk.Length;
            Monitor.PulseAll(_gate);
            if (_thread is null)
            {
                _thread = new Thread(Run, LinkProxy.StackBytes) { IsBackground = true, Name = name };
                _thread.Start();
            }
        }
    }

    /// <summary>Returns when nothing is under way any more, or the line was closed.</summary>
    public void Drain()
    {
        lock (_gate)
        {
            while (_bytes > 0 && !_closed)
                Monitor.Wait(_gate);
        }
    }

    /// <summary>Drops what is under way and ends the thread. Does not wait for it: it may be the caller.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Run()
    {
        while (Take() is var (buffer, count))
        {
            try
            {
                send(buffer.AsSpan(0, count));
            }
            catch (Exception e)
            {
                failed(e);
                Close();
            }

            ArrayPool<byte>.Shared.Return(buffer);
            lock (_gate)
            {
                // Only now: IsEmpty must not be true while these are being sent.
                _bytes -= count;
                Monitor.PulseAll(_gate);
            }
        }
    }

    private (byte[] Buffer, int Count)? Take()
    {
        lock (_gate)
        {
            while (!_closed)
            {
                if (_chunks.Count == 0)
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _chunks.Peek().Due);
                if (left <= TimeSpan.Zero)
                {
                    var (buffer, count, _) = _chunks.Dequeue();
                    return (buffer, count);
                }

                Monitor.Wait(_gate, (int)Math.Ceiling(left.TotalMilliseconds));
            }
        }

        return null;
    }
}
