namespace DyT.Data;

/// <summary>
/// The order in which a run's steps take the items 0..N-1 of an epoch: a pure function of (seed, step, micro-shard), every item exactly once an epoch.
/// </summary>
/// <remarks>
/// The samples of a run are numbered g = (step * V + microShard) * microBatch + j. An epoch is N consecutive numbers; within it g % N goes through a
/// permutation of the N items that is keyed by seed and epoch. A step may straddle two epochs.
/// </remarks>
internal sealed class EpochOrder
{
    private readonly ulong _seed;
    private readonly long _items;
    private readonly int _microBatch;
    private readonly int _microShards;

    /// <param name="seed">Seed of the run.</param>
    /// <param name="items">N: items in an epoch.</param>
    /// <param name="microBatch">Items per micro-shard.</param>
    /// <param name="microShards">V: micro-shards in a step.</param>
    public EpochOrder(long seed, long items, int microBatch, int microShards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(items, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microShards, 1);
        _seed = unchecked((ulong)seed);
        _items = items;
        _microBatch = microBatch;
        _microShards = microShards;
    }

    /// <summary>Epochs that are over when a step (from 0) begins, with the fraction.</summary>
    public double EpochOf(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return (double)step * _microShards * _microBatch / _items;
    }

    /// <summary>Writes the items of a micro-shard and, for each, the key of the epoch that it belongs to.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="microShard">Micro-shard, 0..V-1.</param>
    /// <param name="items">(microBatch) items.</param>
    /// <param name="epochKeys">(microBatch) keys of their epochs.</param>
    public void Read(long step, int microShard, Span<long> items, Span<ulong> epochKeys)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(microShard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(microShard, _microShards);
        if (items.Length != _microBatch || epochKeys.Length != _microBatch)
            throw new ArgumentException($"Room for {items.Length} items and {epochKeys.Length} keys instead of {_microBatch}.", nameof(items));

        // 128 bits hold the sample number for every step that a long can name.
        var first = (((UInt128)(ulong)step * (uint)_microShards) + (uint)microShard) * (uint)_microBatch;
        for (var j = 0; j < items.Length; j++)
        {
            var (epoch, position) = UInt128.DivRem(first + (uint)j, (UInt128)(ulong)_items);
            epochKeys[j] = KeyedHash.Combine(KeyedHash.Combine(_seed, (ulong)epoch), (ulong)(epoch >> 64));
            items[j] = new FeistelPermutation(epochKeys[j], _items)[(long)position];
        }
    }
}
