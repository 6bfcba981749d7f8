using DyT.Model.Native;

namespace DyT.Model.Kernels;

/// <summary>
/// A product on one thread, cut into blocks that stay in the caches (Goto and van de Geijn, Anatomy of High-Performance Matrix Multiplication, 2008): a panel of b is packed once and stays in the last
/// cache, a block of a in the core's own, and the <see cref="MicroKernel"/> goes over their tiles.
/// </summary>
/// <remarks>
/// Every element of the result is the same chain of fused multiply-adds, over blocks of the inner dimension that begin at multiples of <see cref="InnerBlock"/>: its bits depend on its row and its column alone, not on the
/// shape around them or on who computes which part.
/// </remarks>
internal static unsafe class BlockedProduct
{
    public const int InnerBlock = 384;
    private const int RowBlock = 16 * MicroKernel.Rows;
    private const int ColumnBlock = 32 * MicroKernel.Columns;

    /// <summary>As <see cref="Gemm.Multiply"/>.</summary>
    public static void Run(int rows, int columns, int inner, Operand a, Operand b, bool adds, float* c, int stride)
    {
        var depth = Math.Min(inner, InnerBlock);
        var packedA = Scratch.Panels((nuint)(RowBlock + ColumnBlock) * (nuint)depth);
        var packedB = packedA + RowBlock * depth;
        for (var column = 0; column < columns; column += ColumnBlock)
        {
            var width = Math.Min(ColumnBlock, columns - column);
            for (var k = 0; k < inner; k += InnerBlock)
            {
                depth = Math.Min(InnerBlock, inner - k);
                Panels.Pack(b.From(k, column).Transposed, width, depth, MicroKernel.Columns, packedB);
                for (var row = 0; row < rows; row += RowBlock)
                {
                    var height = Math.Min(RowBlock, rows - row);
                    Panels.Pack(a.From(row, k), height, depth, MicroKernel.Rows, packedA);
                    Tiles(height, width, depth, packedA, packedB, adds || k > 0, c + (nint)row * stride + column, stride);
                }
            }
        }

        if (inner == 0 && !adds)
        {
            for (var row = 0; row < rows; row++)
                new Span<float>(c + (nint)row * stride, columns).Clear();
        }
    }

    private static void Tiles(int rows, int columns, int depth, float* packedA, float* packedB, bool adds, float* c, int stride)
    {
        for (var column = 0; column < columns; column += MicroKernel.Columns)
        {
            for (var row = 0; row < rows; row += MicroKernel.Rows)
            {
                var a = packedA + row * depth;
                var b = packedB + column * depth;
                var at = c + (nint)row * stride + column;
                if (row + MicroKernel.Rows <= rows && column + MicroKernel.Columns <= columns)
                    MicroKernel.Run(depth, a, b, adds, at, stride);
                else
                    Edge(Math.Min(MicroKernel.Rows, rows - row), Math.Min(MicroKernel.Columns, columns - column), depth, a, b, adds, at, stride);
            }
        }
    }

    /// <summary>A tile that reaches beyond the result: of its values only those inside are stored.</summary>
    private static void Edge(int rows, int columns, int depth, float* a, float* b, bool adds, float* c, int stride)
    {
        var tile = stackalloc float[MicroKernel.Rows * MicroKernel.Columns];
        MicroKernel.Run(depth, a, b, adds: false, tile, MicroKernel.Columns);
        for (var row = 0; row < rows; row++, tile += MicroKernel.Columns, c += stride)
        {
            for (var column = 0; column < columns; column++)
                c[column] = adds ? c[column] + tile[column] : tile[column];
        }
    }
}
