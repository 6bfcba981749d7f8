namespace DyT.Collectives;

/// <summary>
/// How an operation cuts every rank's slice (<see cref="Slicing"/>) of a buffer into chunks, each of which is one frame: one is added up and passed on while the next ones are on their way. Follows from its
/// arguments alone, so that all ranks cut alike.
/// </summary>
/// <param name="Length">Elements of the whole buffer.</param>
/// <param name="WorldSize">Ranks.</param>
/// <param name="ChunkFloats">Elements of a chunk; the last one of a slice may have fewer.</param>
internal readonly record struct ChunkPlan(int Length, int WorldSize, int ChunkFloats)
{
    /// <summary>Chunks of the longest slice.</summary>
    public int Most
    {
        get
        {
            var most = 0;
            for (var rank = 0; rank < WorldSize; rank++)
            {
                var (start, end) = Slicing.Of(Length, rank, WorldSize);
                most = Math.Max(most, (end - start + ChunkFloats - 1) / ChunkFloats);
            }

            return most;
        }
    }

    /// <summary>Where chunk <paramref name="chunk"/> of a rank's slice lies in the whole; of no length when there is no such chunk.</summary>
    public (int Start, int Length) At(int rank, int chunk)
    {
        var (start, end) = Slicing.Of(Length, rank, WorldSize);
        var at = start + (long)chunk * ChunkFloats;
        return chunk < 0 || at >= end ? (start, 0) : ((int)at, (int)Math.Min(ChunkFloats, end - at));
    }

    /// <summary>Elements before a chunk in its slice.</summary>
    public int Offset(int chunk) => chunk * ChunkFloats;
}
