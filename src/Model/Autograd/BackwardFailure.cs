namespace DyT.Model;

/// <summary>
/// The first exception of a backward pass. A node holds that of the thread that recorded it, so that an exception finds its way to whoever calls backward
/// there even if libtorch runs the node on a thread of its own (it does for devices other than the CPU).
/// </summary>
internal sealed class BackwardFailure
{
    [ThreadStatic]
    private static BackwardFailure? _ofThisThread;

    private Exception? _exception;

    public static BackwardFailure OfThisThread => _ofThisThread ??= new BackwardFailure();

    public Exception? Exception => Volatile.Read(ref _exception);

    public void Set(Exception exception) => Interlocked.CompareExchange(ref _exception, exception, null);

    public void Clear() => Volatile.Write(ref _exception, null);
}
