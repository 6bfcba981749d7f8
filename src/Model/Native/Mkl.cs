using System.Runtime.InteropServices;

namespace DyT.Model.Native;

/// <summary>
/// MKL's product of matrices, which libtorch's library has in it: of matrices that lie anywhere in memory, rows apart by any stride. libtorch's batched products want their matrices side by side and copy
/// those that are not.
/// </summary>
internal static unsafe partial class Mkl
{
    private static readonly Lazy<bool> Found = new(Find);

    /// <summary>Whether this libtorch has MKL in it and shows it: that of Linux on x64 does.</summary>
    public static bool IsAvailable => Found.Value;

    /// <summary>The arguments are those of <see cref="Kernels.Gemm.Multiply"/>. On threads of its own; on the calling thread alone where that is one of <see cref="TorchThreads"/> at work.</summary>
    public static void Multiply(int rows, int columns, int inner, Operand a, Operand b, bool adds, float* c, int stride)
    {
        // MKL counts by columns: what it sees is the transpose of all, and c^T = op(b)^T op(a)^T.
        var (transposeA, transposeB) = (Letter(a), Letter(b));
        var (strideA, strideB) = (a.Stride, b.Stride);
        var (alpha, beta) = (1f, adds ? 1f : 0f);
        SGEMM(&transposeB, &transposeA, &columns, &rows, &inner, &alpha, b.Start, &strideB, a.Start, &strideA, &beta, c, &stride);
    }

    private static byte Letter(Operand operand) => operand.IsTransposed ? (byte)'T' : (byte)'N';

    private static bool Find()
    {
        NativeRuntime.Load();
        return NativeLibrary.TryLoad("torch_cpu", typeof(Mkl).Assembly, null, out var library) && NativeLibrary.TryGetExport(library, nameof(SGEMM), out _);
    }

    [LibraryImport("torch_cpu")]
    private static partial void SGEMM(
        byte* transposeA, byte* transposeB, int* m, int* n, int* k, float* alpha, float* a, int* lda, float* b, int* ldb, float* beta, float* c, int* ldc);
}
