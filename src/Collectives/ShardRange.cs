namespace DyT.Collectives;

/// <summary>A contiguous range [Start, End) of a step's micro-shards.</summary>
public readonly record struct ShardRange(int Start, int End)
{
    public int Count => End - Start;

    /// <summary>Splits <paramref name="microShards"/> over <paramref name="worldSize"/> ranks, sizes differing by at most one, larger first.</summary>
    public static ShardRange[] Even(int microShards, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microShards, worldSize);
        var ranges = new ShardRange[worldSize];
        var start = 0;
        for (var rank = 0; rank < worldSize; rank++)
        {
            var count = microShards / worldSize + (rank < microShards % worldSize ? 1 : 0);
            ranges[rank] = new ShardRange(start, start + count);
            start += count;
        }

        return ranges;
    }
}
