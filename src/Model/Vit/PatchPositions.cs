using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>
/// Fixed two-dimensional positions of patches: half of the channels say the row, half the column, by sines and cosines of wavelengths from 2 pi to 10000 * 2 pi (as MoCo v3, arXiv 2104.02057).
/// </summary>
internal sealed class PatchPositions : IDisposable
{
    private const double Base = 10000.0;

    /// <param name="side">Patches in a row, and rows.</param>
    /// <param name="width">C; a multiple of 4.</param>
    public PatchPositions(int side, int width)
    {
        var quarter = width / 4;
        var table = new float[side * side, width];
        for (var patch = 0; patch < side * side; patch++)
        {
            for (var k = 0; k < quarter; k++)
            {
                var frequency = Math.Pow(Base, -(double)k / quarter);
                var (row, column) = (patch / side * frequency, patch % side * frequency);
                (table[patch, k], table[patch, quarter + k]) = ((float)Math.Sin(row), (float)Math.Cos(row));
                (table[patch, 2 * quarter + k], table[patch, 3 * quarter + k]) = ((float)Math.Sin(column), (float)Math.Cos(column));
            }
        }

        Table = tensor(table).DetachFromDisposeScope();
    }

    /// <summary>[patches, C].</summary>
    public Tensor Table { get; }

    public void Dispose() => Table.Dispose();
}
