using Microsoft.Win32.SafeHandles;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>Wakes whoever polls it, now or the next time: by any thread, also after its end.</summary>
internal sealed class Waker : IDisposable
{
    /// <summary>Readable once it was rung.</summary>
    public SafeFileHandle Handle { get; } = new(SystemCalls.NewEvent(), ownsHandle: true);

    public void Ring()
    {
        try
        {
            SystemCalls.Signal(Handle);
        }
        catch (ObjectDisposedException)
        {
            // Nobody is left to be woken.
        }
    }

    public void Reset() => SystemCalls.Reset(Handle);

    public void Dispose() => Handle.Dispose();
}
