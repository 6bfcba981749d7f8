using System.Runtime.Intrinsics.X86;
using DyT.Model.Native;
using TorchSharp;

namespace DyT.Model.Kernels;

/// <summary>
/// Products of matrices in fp32: c = op(a) op(b), or c += op(a) op(b), with op(a) [rows, inner], op(b) [inner, columns] and c [rows, columns]. By our own kernel (<see cref="BlockedProduct"/>) where the processor has
/// AVX-512 and MKL would not use it, which it does with Intel's alone (on a Zen 5 its other kernels reach less than half of ours); else by MKL.
/// </summary>
internal static unsafe class Gemm
{
    // As many multiplications as it takes to repay waking a thread.
    private const long LeastPerThread = 1 << 18;

    // Packing a factor is repaid by so many rows, or columns, of the other.
    private const int LeastSide = 8;

    /// <summary>Whether our own kernel multiplies. Not where MKL was told which code to take, so that a fleet of several kinds of processor comes to the same bits (<c>cluster.mkl_cbwr</c>).</summary>
    public static bool IsOwn { get; } = MicroKernel.IsSupported && !IsIntel() && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("MKL_CBWR"));

    /// <summary>Whether there is any of the two.</summary>
    public static bool IsAvailable => IsOwn || Mkl.IsAvailable;

    /// <summary>Whether our own kernel makes a result of this shape. Follows from the shape, so that who computes something again comes to the same bits.</summary>
    public static bool IsOwnFor(long rows, long columns) => IsOwn && Math.Min(rows, columns) >= LeastSide;

    /// <summary>On the calling thread alone, one of <see cref="TorchThreads"/> at work.</summary>
    /// <param name="rows">Of c.</param>
    /// <param name="columns">Of c.</param>
    /// <param name="inner">Of both factors.</param>
    /// <param name="a">The left factor.</param>
    /// <param name="b">The right factor.</param>
    /// <param name="adds">To what stands in c; else c need not be set before.</param>
    /// <param name="c">Its rows begin <paramref name="stride"/> floats apart.</param>
    /// <param name="stride">At least <paramref name="columns"/>.</param>
    public static void Multiply(int rows, int columns, int inner, Operand a, Operand b, bool adds, float* c, int stride)
    {
        if (!IsLeftToMkl(rows, columns))
            BlockedProduct.Run(rows, columns, inner, a, b, adds, c, stride);
        else
            Mkl.Multiply(rows, columns, inner, a, b, adds, c, stride);
    }

    /// <summary>As <see cref="Multiply"/>, on all threads that torch has; our own kernel to the same bits whatever their number.</summary>
    public static void MultiplyOnThreads(int rows, int columns, int inner, Operand a, Operand b, bool adds, float* c, int stride)
    {
        if (IsLeftToMkl(rows, columns))
        {
            Mkl.Multiply(rows, columns, inner, a, b, adds, c, stride);
            return;
        }

        var worth = Math.Max(1, (long)rows * columns * inner / LeastPerThread);
        var work = new Work
        {
            Grid = ProductGrid.Of(rows, columns, (int)Math.Min(torch.get_num_threads(), worth)),
            Rows = rows,
            Columns = columns,
            Inner = inner,
            A = a,
            B = b,
            Adds = adds,
            C = c,
            Stride = stride,
        };
        TorchThreads.For(work.Grid.Count, 1, &Part, &work);
    }

    private static bool IsLeftToMkl(int rows, int columns) => !IsOwnFor(rows, columns) && Mkl.IsAvailable;

    private static void Part(void* arguments, int part)
    {
        ref readonly var work = ref *(Work*)arguments;
        var (row, rows, column, columns) = work.Grid.Part(work.Rows, work.Columns, part);
        BlockedProduct.Run(rows, columns, work.Inner, work.A.From(row, 0), work.B.From(0, column), work.Adds, work.C + (nint)row * work.Stride + column, work.Stride);
    }

    private static bool IsIntel()
    {
        // "GenuineIntel", four letters a register.
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        return (b, d, c) == (0x756E6547, 0x49656E69, 0x6C65746E);
    }

    private struct Work
    {
        public ProductGrid Grid;
        public int Rows;
        public int Columns;
        public int Inner;
        public Operand A;
        public Operand B;
        public bool Adds;
        public float* C;
        public int Stride;
    }
}
