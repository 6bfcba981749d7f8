using System.Net.Sockets;
using System.Runtime.InteropServices;
using DyT.Collectives.Tcp.Channels;

namespace DyT.Collectives.Tcp.Polling;

/// <summary>What to wait for, and what came; poll(2)'s values.</summary>
[Flags]
internal enum PollEvents : short
{
    None = 0,
    Readable = 1,
    Writable = 4,
}

/// <summary>A piece of memory; struct iovec.</summary>
internal unsafe struct Segment
{
    public byte* At;
    public nint Length;
}

/// <summary>struct pollfd.</summary>
internal struct PollItem
{
    public int Descriptor;
    public PollEvents Events;
    public PollEvents Came;
}

/// <summary>
/// The system calls of which .NET's sockets have no form that neither blocks nor allocates: several pieces of memory at once, and waiting for several connections in both directions. Linux with
/// 64 bits alone; the structures' layout is the same for all its processors.
/// </summary>
internal static unsafe partial class SystemCalls
{
    private const int DoNotWait = 0x40; // MSG_DONTWAIT
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int Interrupted = 4; // EINTR
    private const int TryAgain = 11; // EAGAIN

    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && Environment.Is64BitProcess;

    /// <summary>Bytes that the socket took; -1 when it takes none now.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    public static int Send(SafeHandle socket, Segment* segments, int count)
    {
        var message = new Message { Segments = segments, Count = count };
        return Checked(sendmsg(socket, &message, DoNotWait | NoSignal));
    }

    /// <summary>Bytes that were there; 0 at the end of the stream, -1 when there are none now.</summary>
    /// <exception cref="SocketException">The connection broke.</exception>
    public static int Receive(SafeHandle socket, Segment* segments, int count)
    {
        var message = new Message { Segments = segments, Count = count };
        return Checked(recvmsg(socket, &message, DoNotWait));
    }

    /// <summary>Waits for one of the items, so many milliseconds (-1: for ever); may return early.</summary>
    public static void Poll(Span<PollItem> items, int milliseconds)
    {
        fixed (PollItem* first = items)
            _ = poll(first, (nuint)items.Length, milliseconds);
    }

    /// <summary>Adds to an event's count.</summary>
    public static void Signal(SafeHandle handle)
    {
        var one = 1L;
        _ = write(handle, &one, sizeof(long));
    }

    /// <summary>Takes an event's count back to nothing.</summary>
    public static void Reset(SafeHandle handle)
    {
        long count;
        _ = read(handle, &count, sizeof(long));
    }

    /// <summary>A new event: readable while its count is not nothing.</summary>
    /// <exception cref="IOException">The process may have no more files.</exception>
    public static int NewEvent()
    {
        var descriptor = eventfd(0, 0x80000 | 0x800); // EFD_CLOEXEC, EFD_NONBLOCK
        return descriptor >= 0
            ? descriptor
            : throw new IOException($"no event for a connection ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}); is the limit of open files too low?");
    }

    private static int Checked(nint result)
    {
        if (result >= 0)
            return (int)result;
        var error = Marshal.GetLastPInvokeError();
        return error is TryAgain or Interrupted ? -1 : throw Failure(error);
    }

    private static Exception Failure(int error) => error switch
    {
        32 => new SocketException((int)SocketError.Shutdown), // EPIPE
        104 => new SocketException((int)SocketError.ConnectionReset),
        110 => new SocketException((int)SocketError.TimedOut),
        _ => new DataChannelException($"the connection failed ({Marshal.GetPInvokeErrorMessage(error)})"),
    };

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(SafeHandle socket, Message* message, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recvmsg(SafeHandle socket, Message* message, int flags);

    [LibraryImport("libc")]
    private static partial int poll(PollItem* items, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint count, int flags);

    [LibraryImport("libc")]
    private static partial nint read(SafeHandle handle, void* buffer, nint count);

    [LibraryImport("libc")]
    private static partial nint write(SafeHandle handle, void* buffer, nint count);

    // struct msghdr
    private struct Message
    {
        public void* Name;
        public nint NameLength;
        public Segment* Segments;
        public nint Count;
        public void* Control;
        public nint ControlLength;
        public nint Flags;
    }
}
