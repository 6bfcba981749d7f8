namespace DyT.Model.Kernels;

/// <summary>Where the vectors of all heads lie, [B, H, T, d]: each vector in one piece, all else by strides (in floats).</summary>
internal readonly unsafe struct HeadRows(float* start, long batchStride, long headStride, int rowStride)
{
    /// <summary>Floats from one token's vector to the next one's.</summary>
    public int RowStride => rowStride;

    /// <summary>The vector of token 0 of one head of one sequence; the next token's is <see cref="RowStride"/> further.</summary>
    public float* At(int sequence, int head) => start + sequence * batchStride + head * headStride;
}
