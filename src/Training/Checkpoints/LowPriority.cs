using System.Runtime.InteropServices;

namespace DyT.Training.Checkpoints;

/// <summary>Lets the calling thread have what others leave of the processors.</summary>
internal static partial class LowPriority
{
    private const int ById = 0; // PRIO_PROCESS; on Linux each thread has a priority of its own
    private const int Caller = 0;
    private const int Niceness = 10;

    /// <summary>For the rest of the thread's life: an ordinary process may not take it back. A system that refuses costs nothing but the favour.</summary>
    public static void Take()
    {
        if (OperatingSystem.IsLinux())
            _ = SetPriority(ById, Caller, Niceness);
        else
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal; // .NET does not pass it on on Linux
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, int who, int priority);
}
