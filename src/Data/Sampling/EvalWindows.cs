namespace DyT.Data;

/// <summary>The windows of an evaluation: side by side from the start of the validation tokens, so that every evaluation of a run sees the same ones.</summary>
public static class EvalWindows
{
    /// <summary>Micro-batches in an evaluation.</summary>
    /// <param name="tokenCount">Tokens in the validation shard.</param>
    /// <param name="block">Tokens per sequence; a window reads one more, for the targets.</param>
    /// <param name="microBatch">Windows per micro-batch; the last one may have fewer.</param>
    /// <param name="maxBatches">At most this many; 0: all there are.</param>
    public static int BatchCount(long tokenCount, int block, int microBatch, int maxBatches) =>
        EvalBatches.Count(WindowCount(tokenCount, block), microBatch, maxBatches);

    /// <summary>Token offsets of the windows of one micro-batch: <paramref name="microBatch"/> of them, or fewer in the last.</summary>
    public static long[] Offsets(long tokenCount, int block, int microBatch, int batch)
    {
        var offsets = EvalBatches.Items(WindowCount(tokenCount, block), microBatch, batch);
        for (var j = 0; j < offsets.Length; j++) offsets[j] *= block;
        return offsets;
    }

    private static long WindowCount(long tokenCount, int block)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokenCount);
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        return tokenCount == 0 ? 0 : (tokenCount - 1) / block;
    }
}
