using System.Runtime.InteropServices;

namespace DyT.Model.Kernels;

/// <summary>Memory of the calling thread for one kernel call at a time; kept, since fresh memory costs a page fault per 4 kB at every call.</summary>
internal sealed unsafe class Scratch
{
    /// <summary>Of a cache line, and of a whole vector.</summary>
    public const nuint Alignment = 64;

    [ThreadStatic]
    private static Scratch? _ofThisThread;

    private float* _memory;
    private nuint _length;

    private Scratch()
    {
    }

    ~Scratch() => NativeMemory.AlignedFree(_memory);

    /// <summary><paramref name="length"/> floats of any value, aligned to a cache line; valid until the next call on this thread.</summary>
    public static float* Floats(nuint length)
    {
        var scratch = _ofThisThread ??= new Scratch();
        if (scratch._length < length)
        {
            NativeMemory.AlignedFree(scratch._memory);
            scratch._length = 0;
            scratch._memory = (float*)NativeMemory.AlignedAlloc(length * sizeof(float), Alignment);
            scratch._length = length;
        }

        return scratch._memory;
    }
}
