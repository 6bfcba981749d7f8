namespace DyT.Data;

/// <summary>The micro-batches of an evaluation: items 0..N-1 in order, so that every evaluation of a run sees the same ones.</summary>
public static class EvalBatches
{
    /// <summary>Micro-batches in an evaluation.</summary>
    /// <param name="items">N: how many items there are.</param>
    /// <param name="microBatch">Items per micro-batch; the last one may have fewer.</param>
    /// <param name="maxBatches">At most this many; 0: all there are.</param>
    public static int Count(long items, int microBatch, int maxBatches)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(items);
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(maxBatches);
        var batches = (items / microBatch) + (items % microBatch == 0 ? 0 : 1);
        return (int)Math.Min(batches, maxBatches == 0 ? int.MaxValue : maxBatches);
    }

    /// <summary>The items of one micro-batch: <paramref name="microBatch"/> of them, or fewer in the last.</summary>
    public static long[] Items(long items, int microBatch, int batch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(batch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(batch, Count(items, microBatch, 0));
        var first = (long)batch * microBatch;
        var chosen = new long[Math.Min(microBatch, items - first)];
        for (var j = 0; j < chosen.Length; j++) chosen[j] = first + j;
        return chosen;
    }
}
