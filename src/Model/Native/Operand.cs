namespace DyT.Model.Native;

/// <summary>A factor of a product: a matrix whose rows begin <paramref name="stride"/> floats apart, perhaps to be taken as its transpose.</summary>
internal readonly unsafe struct Operand(float* start, int stride, bool transposed = false)
{
    public readonly float* Start = start;
    public readonly int Stride = stride;
    public readonly bool IsTransposed = transposed;

    public Operand Transposed => new(Start, Stride, !IsTransposed);

    /// <summary>What begins at element [row, column] of the operand as it is taken.</summary>
    public Operand From(int row, int column) => new(IsTransposed ? Start + (nint)column * Stride + row : Start + (nint)row * Stride + column, Stride, IsTransposed);
}
