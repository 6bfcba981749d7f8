using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DyT.Model.Kernels;

/// <summary>
/// One tile of a product: [12, depth] times [depth, 32] in 24 of the 32 vector registers of AVX-512, from panels (<see cref="Panels"/>). Two vectors of b and one value of a at a time give two times twelve
/// independent chains of fused multiply-adds, enough to keep both units of a core busy.
/// </summary>
internal static unsafe class MicroKernel
{
    public const int Rows = 12;
    public const int Columns = 32;
    private const int Lanes = 16;

    public static bool IsSupported => Avx512F.IsSupported;

    /// <param name="depth">Of the panels.</param>
    /// <param name="a">[depth, 12].</param>
    /// <param name="b">[depth, 32].</param>
    /// <param name="adds">To what stands in c; else written over it.</param>
    /// <param name="c">[12, 32].</param>
    /// <param name="stride">From one row of c to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(int depth, float* a, float* b, bool adds, float* c, int stride)
    {
        Vector512<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<float> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        Vector512<float> c80 = default, c81 = default, c90 = default, c91 = default, c100 = default, c101 = default, c110 = default, c111 = default;
        for (var k = 0; k < depth; k++, a += Rows, b += Columns)
        {
            var b0 = Vector512.Load(b);
            var b1 = Vector512.Load(b + Lanes);
            Step(a[0], b0, b1, ref c00, ref c01);
            Step(a[1], b0, b1, ref c10, ref c11);
            Step(a[2], b0, b1, ref c20, ref c21);
            Step(a[3], b0, b1, ref c30, ref c31);
            Step(a[4], b0, b1, ref c40, ref c41);
            Step(a[5], b0, b1, ref c50, ref c51);
            Step(a[6], b0, b1, ref c60, ref c61);
            Step(a[7], b0, b1, ref c70, ref c71);
            Step(a[8], b0, b1, ref c80, ref c81);
            Step(a[9], b0, b1, ref c90, ref c91);
            Step(a[10], b0, b1, ref c100, ref c101);
            Step(a[11], b0, b1, ref c110, ref c111);
        }

        Put(c, adds, c00, c01);
        Put(c += stride, adds, c10, c11);
        Put(c += stride, adds, c20, c21);
        Put(c += stride, adds, c30, c31);
        Put(c += stride, adds, c40, c41);
        Put(c += stride, adds, c50, c51);
        Put(c += stride, adds, c60, c61);
        Put(c += stride, adds, c70, c71);
        Put(c += stride, adds, c80, c81);
        Put(c += stride, adds, c90, c91);
        Put(c += stride, adds, c100, c101);
        Put(c + stride, adds, c110, c111);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(float a, Vector512<float> b0, Vector512<float> b1, ref Vector512<float> c0, ref Vector512<float> c1)
    {
        var all = Vector512.Create(a);
        c0 = Avx512F.FusedMultiplyAdd(all, b0, c0);
        c1 = Avx512F.FusedMultiplyAdd(all, b1, c1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(float* c, bool adds, Vector512<float> left, Vector512<float> right)
    {
        if (adds)
        {
            left += Vector512.Load(c);
            right += Vector512.Load(c + Lanes);
        }

        left.Store(c);
        right.Store(c + Lanes);
    }
}
