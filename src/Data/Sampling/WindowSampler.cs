using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Which windows of the training tokens make micro-shard m of step s: a pure function of (seed, s, m), so that it does not
/// matter who computes a micro-shard, and nothing is lost or seen twice when workers come and go.
/// </summary>
/// <remarks>
/// The windows are taken in the order of <see cref="EpochOrder"/>. Each epoch lays its windows from
/// another start (0..block-1), so that the borders between windows differ from epoch to epoch; up to 2 block - 1 tokens at
/// the ends rest in an epoch.
/// </remarks>
public sealed class WindowSampler
{
    private readonly EpochOrder _order;
    private readonly int _block;
    private readonly long _shifts;

    /// <param name="seed">Seed of the run.</param>
    /// <param name="tokenCount">Tokens in the training shard; at least block + 1.</param>
    /// <param name="block">Tokens per sequence; a window reads one more, for the targets.</param>
    /// <param name="microBatch">Windows per micro-shard.</param>
    /// <param name="microShards">V: micro-shards in a step.</param>
    /// <exception cref="UserErrorException">There are fewer tokens than one window needs.</exception>
    public WindowSampler(long seed, long tokenCount, int block, int microBatch, int microShards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(block, 1);
        if (tokenCount <= block)
            throw new UserErrorException($"The training data has {tokenCount} tokens, but one sequence of model.block {block} needs {(long)block + 1}: give more text or a smaller model.block.");
        _block = block;
        WindowsPerEpoch = Math.Max(1, (tokenCount - block) / block);
        _order = new EpochOrder(seed, WindowsPerEpoch, microBatch, microShards);
        // The last window ends at shift + W * block + 1 <= tokenCount; with a single window there may be room for fewer shifts than block.
        _shifts = Math.Min(block, tokenCount - (WindowsPerEpoch * block));
    }

    /// <summary>W: windows in an epoch, the same in every epoch.</summary>
    public long WindowsPerEpoch { get; }

    /// <summary>Epochs that are over when a step (from 0) begins, with the fraction.</summary>
    public double EpochOf(long step) => _order.EpochOf(step);

    /// <summary>Writes the token offsets of a micro-shard's windows; window j reads block + 1 tokens from <c>offsets[j]</c>.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="microShard">Micro-shard, 0..V-1.</param>
    /// <param name="offsets">(microBatch) offsets into the training shard, in tokens.</param>
    public void Windows(long step, int microShard, Span<long> offsets)
    {
        var keys = new ulong[offsets.Length];
        _order.Read(step, microShard, offsets, keys);
        for (var j = 0; j < offsets.Length; j++) offsets[j] = Shift(keys[j]) + (offsets[j] * _block);
    }

    private long Shift(ulong epochKey) => (long)(KeyedHash.Combine(epochKey, ulong.MaxValue) % (ulong)_shifts);
}
