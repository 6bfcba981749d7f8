namespace DyT.Model.Kernels;

/// <summary>
/// The rows of a matrix in chunks. Sums over rows are made within a chunk and then over chunks in order, and the chunks follow from the shape alone: so the
/// number of threads does not change a bit.
/// </summary>
internal readonly record struct RowChunks(int Count, int RowsPerChunk, int Rows)
{
    // Enough for the cores of a worker's share; more would only add partial sums to fold.
    private const int MostChunks = 32;
    private const int LeastRows = 16;

    // About as many values as it takes to repay waking a thread.
    private const int ValuesPerThread = 16384;

    public static RowChunks Of(int rows)
    {
        var perChunk = Math.Max(LeastRows, (rows + MostChunks - 1) / MostChunks);
        return new RowChunks((rows + perChunk - 1) / perChunk, perChunk, rows);
    }

    public int First(int chunk) => chunk * RowsPerChunk;

    public int End(int chunk) => Math.Min(Rows, (chunk + 1) * RowsPerChunk);

    /// <summary>Chunks that are worth a thread, for rows of <paramref name="width"/> values.</summary>
    public int PerThread(int width) => Math.Max(1, ValuesPerThread / Math.Max(1, RowsPerChunk * width));
}
