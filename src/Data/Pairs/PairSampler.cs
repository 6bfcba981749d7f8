using DyT.Config;

namespace DyT.Data.Pairs;

/// <summary>
/// Which pairs make micro-shard m of step s, and to which length they are padded: a pure function of (seed, s, m). In every epoch each pair comes exactly once, beside pairs
/// of about its length.
/// </summary>
/// <remarks>
/// Pairs stand sorted by bucket (<see cref="PairBuckets"/>). In an epoch each bucket is permuted in itself, all of them laid end to end and cut into batches, which come in
/// a permuted order. A batch that begins in one bucket and ends in the next is padded to the longer; the last of the longest may hold fewer pairs.
/// </remarks>
public sealed class PairSampler
{
    private readonly ulong _seed;
    private readonly PairBuckets _buckets;
    private readonly int _microBatch;
    private readonly int _microShards;

    /// <param name="seed">Seed of the run.</param>
    /// <param name="buckets">The training pairs; there is one at least.</param>
    /// <param name="microBatch">Pairs per micro-shard.</param>
    /// <param name="microShards">V: micro-shards in a step.</param>
    public PairSampler(long seed, PairBuckets buckets, int microBatch, int microShards)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buckets.Pairs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microBatch, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(microShards, 1);
        _seed = unchecked((ulong)seed);
        _buckets = buckets;
        _microBatch = microBatch;
        _microShards = microShards;
        BatchesPerEpoch = EvalBatches.Count(buckets.Pairs, microBatch, 0);
    }

    public int BatchesPerEpoch { get; }

    /// <summary>The pairs of a micro-shard, and the length that their sides are padded to.</summary>
    /// <param name="step">Step, from 0.</param>
    /// <param name="microShard">Micro-shard, 0..V-1.</param>
    public (long[] Pairs, int Length) Read(long step, int microShard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        ArgumentOutOfRangeException.ThrowIfNegative(microShard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(microShard, _microShards);
        // 128 bits hold the micro-shard's number for every step that a long can name.
        var (epoch, at) = UInt128.DivRem(((UInt128)(ulong)step * (uint)_microShards) + (uint)microShard, (UInt128)(ulong)BatchesPerEpoch);
        var key = KeyedHash.Combine(KeyedHash.Combine(_seed, (ulong)epoch), (ulong)(epoch >> 64));
        var batch = new FeistelPermutation(key, BatchesPerEpoch)[(long)at];
        return _buckets.Batch(batch, _microBatch, bucket => KeyedHash.Combine(key, (ulong)bucket + 1));
    }

    /// <summary>The digest of all samples of a step (from 1), as it must come out.</summary>
    public ulong ExpectedDigest(long step)
    {
        ulong sum = 0;
        for (var microShard = 0; microShard < _microShards; microShard++)
            sum = unchecked(sum + SampleDigest.Of(step, microShard, Read(step - 1, microShard).Pairs));
        return sum;
    }
}
