using System.Runtime.InteropServices;

namespace DyT.Collectives.Shared;

/// <summary>Sleeping on a word of memory that processes share (Linux, futex(2)).</summary>
internal static unsafe partial class Futex
{
    private const int WaitOperation = 0; // not the private kind: the word is shared between processes
    private const int WakeOperation = 1;

    private static readonly nint Call = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 98 : 202;

    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64;

    /// <summary>Sleeps while the word is <paramref name="seen"/>; returns early for no reason at times.</summary>
    public static void Wait(int* word, int seen) => SystemCall(Call, word, WaitOperation, seen, 0, 0, 0);

    public static void WakeAll(int* word) => SystemCall(Call, word, WakeOperation, int.MaxValue, 0, 0, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint SystemCall(nint number, int* word, nint operation, nint value, nint timeout, nint word2, nint value3);
}
