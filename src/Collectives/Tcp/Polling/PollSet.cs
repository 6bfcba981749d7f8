using System.Runtime.InteropServices;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>Connections, and a waker, to be waited for by one thread. Allocates nothing once it is made.</summary>
internal sealed class PollSet(Waker waker, int connections)
{
    private readonly SafeHandle[] _handles = new SafeHandle[connections];
    private readonly PollItem[] _items = new PollItem[connections + 1];
    private int _count;

    public void Clear() => _count = 0;

    /// <summary>Nothing is waited for where there are no events, a broken connection neither.</summary>
    public void Add(SafeHandle connection, PollEvents events)
    {
        if (events == PollEvents.None)
            return;
        _handles[_count] = connection;
        _items[_count++].Events = events;
    }

    /// <summary>Waits so many milliseconds (-1: for ever) for one of the connections or the waker, which is reset. May return early; does so when a connection is closed.</summary>
    public void Wait(int milliseconds)
    {
        var held = 0;
        var wakes = false;
        try
        {
            // A handle that is held here is closed only after the wait, which its closing ends.
            for (; held < _count; held++)
            {
                var added = false;
                _handles[held].DangerousAddRef(ref added);
                _items[held].Descriptor = (int)_handles[held].DangerousGetHandle();
            }

            waker.Handle.DangerousAddRef(ref wakes);
            _items[_count] = new PollItem { Descriptor = (int)waker.Handle.DangerousGetHandle(), Events = PollEvents.Readable };
            SystemCalls.Poll(_items.AsSpan(0, _count + 1), milliseconds);
            if (_items[_count].Came != PollEvents.None)
                waker.Reset();
        }
        catch (ObjectDisposedException)
        {
            // Whoever closed it has said why.
        }
        finally
        {
            while (held-- > 0)
                _handles[held].DangerousRelease();
            if (wakes)
                waker.Handle.DangerousRelease();
        }
    }
}
