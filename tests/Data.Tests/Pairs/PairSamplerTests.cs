using CsCheck;
using DyT.Data.Pairs;

namespace DyT.Data.Tests.Pairs;

public class PairSamplerTests
{
    private static readonly Gen<int[]> Sizes = Gen.Int[2, 60].Array[1, 200];

    [Fact]
    public void Every_pair_comes_exactly_once_an_epoch_padded_to_no_less_than_its_length() =>
        Gen.Select(Gen.Long, Sizes, Gen.Int[1, 7], Gen.Int[1, 5], Gen.Int[1, 20]).Sample((seed, sizes, microBatch, microShards, width) =>
        {
            var sampler = new PairSampler(seed, new PairBuckets(sizes, width, 60), microBatch, microShards);
            var batches = Enumerable.Range(0, 2 * sampler.BatchesPerEpoch + microShards).Select(g => sampler.Read(g / microShards, g % microShards)).ToArray();
            for (var epoch = 0; epoch < 2; epoch++)
            {
                var here = batches.Skip(epoch * sampler.BatchesPerEpoch).Take(sampler.BatchesPerEpoch).ToArray();
                Assert.Equal(Enumerable.Range(0, sizes.Length).Select(i => (long)i), here.SelectMany(b => b.Pairs).Order());
                Assert.All(here, b => Assert.All(b.Pairs, p => Assert.InRange(sizes[p], 1, b.Length)));
                // All but one are full, and little is padded: only where a batch begins in one bucket and ends in another is a pair longer than its own bucket says.
                Assert.True(here.Count(b => b.Pairs.Length < microBatch) <= 1);
                var buckets = sizes.Select(s => Math.Min(60, (s + width - 1) / width * width)).Distinct().Count();
                Assert.True(here.Count(b => b.Pairs.Any(p => b.Length - sizes[p] >= width)) <= buckets - 1);
            }
        }, iter: 200);

    [Fact]
    public void Seeds_and_epochs_differ_and_neighbours_change()
    {
        int[] sizes = [.. Enumerable.Range(0, 400).Select(i => 2 + i % 40)];
        var buckets = new PairBuckets(sizes, 8, 64);
        long[][] Epoch(long seed, int epoch)
        {
            var sampler = new PairSampler(seed, buckets, 4, 1);
            return [.. Enumerable.Range(epoch * sampler.BatchesPerEpoch, sampler.BatchesPerEpoch).Select(step => sampler.Read(step, 0).Pairs)];
        }

        var one = Epoch(1, 0);
        Assert.NotEqual(one, Epoch(2, 0));
        Assert.NotEqual(one, Epoch(1, 1));
        Assert.NotEqual(one.Select(b => b.Order().ToArray()).OrderBy(b => b[0]), Epoch(1, 1).Select(b => b.Order().ToArray()).OrderBy(b => b[0]));
    }

    [Fact]
    public void Another_cut_of_the_same_step_sees_the_same_batches()
    {
        var buckets = new PairBuckets([.. Enumerable.Range(0, 90).Select(i => 2 + i % 30)], 8, 32);
        var (one, other) = (new PairSampler(3, buckets, 4, 6), new PairSampler(3, buckets, 4, 2));
        for (var g = 0; g < 60; g++)
            Assert.Equal(one.Read(g / 6, g % 6).Pairs, other.Read(g / 2, g % 2).Pairs);
    }

    [Fact]
    public void The_digest_of_a_step_is_that_of_its_pairs()
    {
        var sampler = new PairSampler(3, new PairBuckets([.. Enumerable.Range(0, 90).Select(i => 2 + i % 30)], 8, 32), 4, 3);
        ulong sum = 0;
        foreach (var microShard in new[] { 2, 0, 1 })
            sum = unchecked(sum + SampleDigest.Of(7, microShard, sampler.Read(6, microShard).Pairs));
        Assert.Equal(sum, sampler.ExpectedDigest(7));
        Assert.NotEqual(sum, sampler.ExpectedDigest(8));
    }
}
