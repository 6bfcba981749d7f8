using System.Runtime.InteropServices;

namespace DyT.Model.Kernels;

/// <summary>Memory of the calling thread for one kernel call at a time; kept, since fresh memory costs a page fault per 4 kB at every call. A kernel may multiply matrices meanwhile, whose memory is another.</summary>
internal sealed unsafe class Scratch
{
    /// <summary>Of a cache line, and of a whole vector.</summary>
    public const nuint Alignment = 64;

    [ThreadStatic]
    private static Scratch? _kernels;

    [ThreadStatic]
    private static Scratch? _panels;

    private float* _memory;
    private nuint _length;

    private Scratch()
    {
    }

    ~Scratch() => NativeMemory.AlignedFree(_memory);

    /// <summary><paramref name="length"/> floats of any value, aligned to a cache line; valid until the next call on this thread.</summary>
    public static float* Floats(nuint length) => (_kernels ??= new Scratch()).AtLeast(length);

    /// <summary>The same, for a product's packed factors.</summary>
    public static float* Panels(nuint length) => (_panels ??= new Scratch()).AtLeast(length);

    private float* AtLeast(nuint length)
    {
        if (_length < length)
        {
            NativeMemory.AlignedFree(_memory);
            _length = 0;
            _memory = (float*)NativeMemory.AlignedAlloc(length * sizeof(float), Alignment);
            _length = length;
        }

        return _memory;
    }
}
