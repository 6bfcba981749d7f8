using System.Runtime.InteropServices;

namespace DyT.Model.Native;

/// <summary>
/// How the C library gives out memory. By default glibc asks the kernel for every large block anew and gives it back when it is freed, so that each step pays
/// a page fault for every 4 kB of its activations. Here memory stays with the process and is used again.
/// </summary>
internal static partial class Allocator
{
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;
    private const int ArenaMax = -8;
    private const int GrowBy = 64 << 20;

    /// <summary>To be called before libtorch's first allocation. Does nothing where the C library is not glibc.</summary>
    public static void KeepMemory()
    {
        if (!OperatingSystem.IsLinux())
            return;
        try
        {
            // One arena: the others lie in mappings of 64 MiB, which are given back when they fall empty, and hold no larger block.
            _ = mallopt(ArenaMax, 1);
            _ = mallopt(MmapMax, 0);
            _ = mallopt(TrimThreshold, -1);
            _ = mallopt(TopPad, GrowBy);
        }
        catch (EntryPointNotFoundException)
        {
            // musl: has no such settings.
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);
}
