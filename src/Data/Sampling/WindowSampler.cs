using DyT.Config;

namespace DyT.Data;

/// <summary>
/// Which windows of the training tokens make micro-shard m of step s: a pure function of (seed, s, m), so that it does not
/// matter who computes a micro-shard, and nothing is lost or seen twice when workers come and go.
/// </summary>
/// <remarks>
/// The samples of a run are numbered g = (step * V + microShard) * microBatch + j. An epoch is W = <see cref="WindowsPerEpoch"/>
/// consecutive numbers; within it g % W goes through a keyed permutation of the W windows. Each epoch lays its windows from
/// another start (0..block-1), so that the borders between windows differ from epoch to epoch; up to 2 block - 1 tokens at
/// the ends rest in an epoch. A step may straddle two epochs.
/// </remarks>
public sealed class WindowSampler
{
    private readonly ulong _seed;
    private readonly int _block;
    private readonly int _microBatch;
    private readonly int _microShards;
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
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microShards, 1);
        if (tokenCount <= block)
            throw new UserErrorException($"The training data has {tokenCount} tokens, but one sequence of model.block {block} needs {(long)block + 1}: give more text or a smaller model.block.");
        _seed = unchecked((ulong)seed);
        _block = block;
        _microBatch = microBatch;
        _microShards = microShards;
        WindowsPerEpoch = Math.Max(1, (tokenCount - block) / block);
        // The last window ends at shift + W * block + 1 <= tokenCount; with a single window there may be room for fewer shifts than block.
        _shifts = Math.Min(block, tokenCount - (WindowsPerEpoch * block));
    }

    /// <summary>W: windows in an epoch, the same in every epoch.</summary>
    public long WindowsPerEpoch { get; }

    /// <summary>Epochs that are over when a step (from 0) begins, with the fraction.</summary>
    public double EpochOf(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return (double)step * _microShards * _microBatch / WindowsPerEpoch;
    }

    /// <summary>Writes the token offsets of a micro-shard's windows; window j reads block + 1 tokens from <c>offsets[j]</c>.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="microShard">Micro-shard, 0..V-1.</param>
    /// <param name="offsets">(microBatch) offsets into the training shard, in tokens.</param>
    public void Windows(long step, int microShard, Span<long> offsets)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(microShard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(microShard, _microShards);
        if (offsets.Length != _microBatch)
            throw new ArgumentException($"Room for {offsets.Length} offsets instead of {_microBatch}.", nameof(offsets));

        // 128 bits hold the sample number for every step that a long can name.
        var first = (((UInt128)(ulong)step * (uint)_microShards) + (uint)microShard) * (uint)_microBatch;
        var windows = (UInt128)(ulong)WindowsPerEpoch;
        for (var j = 0; j < offsets.Length; j++)
        {
            var (epoch, position) = UInt128.DivRem(first + (uint)j, windows);
            var key = EpochKey(epoch);
            var window = new FeistelPermutation(key, WindowsPerEpoch)[(long)position];
            offsets[j] = Shift(key) + (window * _block);
        }
    }

    private ulong EpochKey(UInt128 epoch) =>
        KeyedHash.Combine(KeyedHash.Combine(_seed, (ulong)epoch), (ulong)(epoch >> 64));

    private long Shift(ulong epochKey) => (long)(KeyedHash.Combine(epochKey, ulong.MaxValue) % (ulong)_shifts);
}
