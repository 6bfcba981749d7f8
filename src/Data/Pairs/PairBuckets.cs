namespace DyT.Data.Pairs;

/// <summary>Pairs sorted by the length that they are padded to: the longer side with its mark, rounded up to a multiple of a width.</summary>
public sealed class PairBuckets
{
    private readonly int[] _order; // numbers of pairs, bucket by bucket
    private readonly int[] _ends; // by bucket: where it ends in the order
    private readonly int[] _lengths; // by bucket, rising

    /// <param name="shard">The pairs.</param>
    /// <param name="width">Lengths are multiples of it.</param>
    /// <param name="longest">No length is greater.</param>
    public PairBuckets(PairShard shard, int width, int longest)
        : this([.. Enumerable.Range(0, shard.Count).Select(pair => Math.Max(shard.SourceLength(pair), shard.TargetLength(pair)) + 1)], width, longest)
    {
    }

    /// <param name="sizes">By pair: tokens of the longer side, the mark included.</param>
    internal PairBuckets(int[] sizes, int width, int longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        int Padded(int size) => (int)Math.Min(longest, ((long)size + width - 1) / width * width);
        _order = [.. Enumerable.Range(0, sizes.Length).OrderBy(pair => Padded(sizes[pair]))]; // stable
        _lengths = [.. _order.Select(pair => Padded(sizes[pair])).Distinct()];
        _ends = new int[_lengths.Length];
        foreach (var pair in _order) _ends[Array.BinarySearch(_lengths, Padded(sizes[pair]))]++;
        for (var bucket = 1; bucket < _ends.Length; bucket++) _ends[bucket] += _ends[bucket - 1];
    }

    public int Pairs => _order.Length;

    /// <summary>The lengths that occur, rising.</summary>
    public IReadOnlyList<int> Lengths => _lengths;

    /// <summary>A batch of consecutive places, and the length of the longest of its buckets.</summary>
    /// <param name="batch">From 0.</param>
    /// <param name="size">Pairs of a batch; the last may have fewer.</param>
    /// <param name="key">Of each bucket's permutation; null: as sorted.</param>
    public (long[] Pairs, int Length) Batch(long batch, int size, Func<int, ulong>? key)
    {
        var places = EvalBatches.Items(Pairs, size, checked((int)batch));
        var bucket = 0;
        for (var i = 0; i < places.Length; i++)
        {
            while (places[i] >= _ends[bucket]) bucket++;
            var start = bucket == 0 ? 0 : _ends[bucket - 1];
            var place = key is null ? places[i] : start + new FeistelPermutation(key(bucket), _ends[bucket] - start)[places[i] - start];
            places[i] = _order[place];
        }

        return (places, _lengths[bucket]);
    }
}
