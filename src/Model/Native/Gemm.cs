using System.Runtime.InteropServices;

namespace DyT.Model.Native;

/// <summary>
/// Products of matrices that lie anywhere in memory, rows apart by any stride: MKL's own, which libtorch's library has in it. libtorch's batched products want
/// their matrices side by side and copy those that are not.
/// </summary>
internal static unsafe partial class Gemm
{
    private static readonly Lazy<bool> Found = new(Find);

    /// <summary>Whether this libtorch has MKL in it and shows it: that of Linux on x64 does.</summary>
    public static bool IsAvailable => Found.Value;

    /// <summary>
    /// c = alpha op(a) op(b) + beta c, with op(a) [rows, inner], op(b) [inner, columns] and c [rows, columns]. Computes on the calling thread alone where that is one of
    /// <see cref="TorchThreads"/> at work; with beta 0 c need not be set before.
    /// </summary>
    public static void Multiply(int rows, int columns, int inner, float alpha, Operand a, Operand b, float beta, float* c, int stride)
    {
        // MKL counts by columns: what it sees is the transpose of all, and c^T = op(b)^T op(a)^T.
        var (transposeA, transposeB) = (Letter(a), Letter(b));
        var (strideA, strideB) = (a.Stride, b.Stride);
        SGEMM(&transposeB, &transposeA, &columns, &rows, &inner, &alpha, b.Start, &strideB, a.Start, &strideA, &beta, c, &stride);
    }

    private static byte Letter(Operand operand) => operand.IsTransposed ? (byte)'T' : (byte)'N';

    private static bool Find()
    {
        NativeRuntime.Load();
        return NativeLibrary.TryLoad("torch_cpu", typeof(Gemm).Assembly, null, out var library) && NativeLibrary.TryGetExport(library, nameof(SGEMM), out _);
    }

    [LibraryImport("torch_cpu")]
    private static partial void SGEMM(
        byte* transposeA, byte* transposeB, int* m, int* n, int* k, float* alpha, float* a, int* lda, float* b, int* ldb, float* beta, float* c, int* ldc);

    /// <summary>A matrix whose rows begin <paramref name="stride"/> floats apart, perhaps to be taken as its transpose.</summary>
    public readonly struct Operand(float* start, int stride, bool transposed = false)
    {
        public readonly float* Start = start;
        public readonly int Stride = stride;
        public readonly bool IsTransposed = transposed;

        public Operand Transposed => new(Start, Stride, !IsTransposed);
    }
}
