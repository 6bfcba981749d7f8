using System.Globalization;
using System.Runtime.InteropServices;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>What can be sent to a process.</summary>
public enum UnixSignal
{
    /// <summary>End at once; cannot be caught.</summary>
    Kill,

    /// <summary>Ask to end.</summary>
    Terminate,

    /// <summary>Freeze; cannot be caught.</summary>
    Stop,

    /// <summary>Go on after a freeze.</summary>
    Continue,
}

/// <summary>Signals to single processes, by kill(2).</summary>
public static partial class ProcessSignals
{
    private const int NoSuchProcess = 3;

    /// <summary>False when there is no such process any more.</summary>
    /// <exception cref="UserErrorException">It may not be signalled, or this system knows no signals.</exception>
    public static bool Send(int processId, UnixSignal signal)
    {
        // 0, 1 and negative ids mean groups, the system's first process, or everything there is.
        ArgumentOutOfRangeException.ThrowIfLessThan(processId, 2);
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsMacOS())
            throw new UserErrorException("This system knows no signals; run 'dyt chaos' on Linux.");
        if (Kill(processId, Number(signal)) == 0)
            return true;
        var error = Marshal.GetLastPInvokeError();
        if (error == NoSuchProcess)
            return false;
        throw new UserErrorException(string.Create(
            CultureInfo.InvariantCulture, $"Process {processId} cannot be signalled ({Marshal.GetPInvokeErrorMessage(error)}); run 'dyt chaos' as the user that owns it."));
    }

    private static int Number(UnixSignal signal) => (signal, OperatingSystem.IsMacOS()) switch
    {
        (UnixSignal.Kill, _) => 9,
        (UnixSignal.Terminate, _) => 15,
        (UnixSignal.Stop, false) => 19,
        (UnixSignal.Stop, true) => 17,
        (UnixSignal.Continue, false) => 18,
        (UnixSignal.Continue, true) => 19,
        _ => throw new ArgumentOutOfRangeException(nameof(signal), signal, null),
    };

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int processId, int signal);
}
