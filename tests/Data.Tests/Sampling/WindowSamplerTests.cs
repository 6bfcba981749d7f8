using CsCheck;
using DyT.Config;

namespace DyT.Data.Tests;

public class WindowSamplerTests
{
    private static readonly Gen<(long Seed, int Tokens, int Block, int MicroBatch, int MicroShards)> Shapes =
        from seed in Gen.Long
        from block in Gen.Int[1, 20]
        from extra in Gen.Int[1, 600]
        from microBatch in Gen.Int[1, 5]
        from microShards in Gen.Int[1, 9]
        select (seed, block + extra, block, microBatch, microShards);

    [Fact]
    public void Every_window_comes_exactly_once_an_epoch() => Shapes.Sample(s =>
    {
        var sampler = new WindowSampler(s.Seed, s.Tokens, s.Block, s.MicroBatch, s.MicroShards);
        var windows = sampler.WindowsPerEpoch;
        var offsets = Samples(sampler, s.MicroBatch, s.MicroShards, 3 * windows);
        for (var epoch = 0; epoch < 3; epoch++)
        {
            var sorted = offsets.Skip((int)(epoch * windows)).Take((int)windows).Order().ToArray();
            // One grid of windows, side by side, from a start below a block.
            Assert.InRange(sorted[0], 0, s.Block - 1);
            for (var i = 0; i < sorted.Length; i++) Assert.Equal(sorted[0] + ((long)i * s.Block), sorted[i]);
        }
    }, iter: 300);

    [Fact]
    public void No_window_reads_outside_the_shard_and_few_tokens_rest() => Shapes.Sample(s =>
    {
        var sampler = new WindowSampler(s.Seed, s.Tokens, s.Block, s.MicroBatch, s.MicroShards);
        Assert.All(Samples(sampler, s.MicroBatch, s.MicroShards, 2 * sampler.WindowsPerEpoch), start => Assert.InRange(start, 0, s.Tokens - s.Block - 1));
        Assert.InRange(s.Tokens - (sampler.WindowsPerEpoch * s.Block), 1, 2 * s.Block);
    }, iter: 300);

    [Fact]
    public void Workers_that_come_and_go_together_see_what_one_worker_sees() =>
        Gen.Select(Shapes, Gen.Int[0, int.MaxValue]).Sample((s, cuts) =>
        {
            var alone = new WindowSampler(s.Seed, s.Tokens, s.Block, s.MicroBatch, s.MicroShards);
            var random = new Random(cuts);
            for (var step = 0; step < 6; step++)
            {
                // A new membership every step: contiguous ranges of micro-shards, each read by a sampler of its own, last worker first.
                var borders = Enumerable.Range(0, random.Next(1, s.MicroShards + 1)).Select(_ => random.Next(s.MicroShards + 1)).Append(0).Append(s.MicroShards).Order().ToArray();
                var seen = new SortedDictionary<int, long[]>();
                for (var rank = borders.Length - 2; rank >= 0; rank--)
                {
                    var worker = new WindowSampler(s.Seed, s.Tokens, s.Block, s.MicroBatch, s.MicroShards);
                    for (var m = borders[rank]; m < borders[rank + 1]; m++) seen.Add(m, Read(worker, step, m, s.MicroBatch));
                }

                Assert.Equal(Enumerable.Range(0, s.MicroShards), seen.Keys);
                foreach (var (m, offsets) in seen) Assert.Equal(Read(alone, step, m, s.MicroBatch), offsets);
            }
        }, iter: 100);

    [Fact]
    public void Another_world_cut_of_the_same_global_batch_sees_the_same_samples()
    {
        var wide = new WindowSampler(7, 5000, 16, 2, 12);
        var narrow = new WindowSampler(7, 5000, 16, 8, 3);
        Assert.Equal(Samples(wide, 2, 12, 480), Samples(narrow, 8, 3, 480));
    }

    [Fact]
    public void Huge_numbers_neither_overflow_nor_leave_the_shard() =>
        Gen.Select(Gen.Long, Gen.Long[1 << 20, long.MaxValue], Gen.Long[0, long.MaxValue], Gen.Int[1, int.MaxValue], Gen.Int[1, 1 << 20]).Sample((seed, tokens, step, shards, block) =>
        {
            var offsets = Read(new WindowSampler(seed, tokens == 1 << 20 ? tokens + 1 : tokens, block, 3, shards), step, shards - 1, 3);
            Assert.All(offsets, start => Assert.InRange(start, 0, Math.Max(tokens, (1 << 20) + 1) - block - 1));
        }, iter: 1000);

    [Fact]
    public void The_order_is_pinned()
    {
        // Computed by an independent implementation with unbounded integers.
        var sampler = new WindowSampler(1337, 1_000_000, 64, 4, 4);
        Assert.Equal([549452, 34764, 275404, 647308], Read(sampler, 0, 0, 4));
        Assert.Equal([979836, 344060, 95420, 301180], Read(sampler, 1000, 3, 4));
        var huge = new WindowSampler(-1, 1_000_000_000_000_000, 4096, 3, int.MaxValue);
        Assert.Equal([609541659484340, 255377720885428, 102686902714548], Read(huge, long.MaxValue, int.MaxValue - 1, 3));
    }

    [Fact]
    public void Seeds_and_epochs_differ()
    {
        var one = Samples(new WindowSampler(1, 10_000, 10, 4, 2), 4, 2, 1998);
        Assert.NotEqual(one, Samples(new WindowSampler(2, 10_000, 10, 4, 2), 4, 2, 1998));
        Assert.NotEqual(one[..999], one[999..]);
    }

    [Fact]
    public void The_epoch_of_a_step_is_the_share_of_samples_begun()
    {
        var sampler = new WindowSampler(1, 1010, 10, 5, 4);
        Assert.Equal(100, sampler.WindowsPerEpoch);
        Assert.Equal(0, sampler.EpochOf(0));
        Assert.Equal(1, sampler.EpochOf(5));
        Assert.Equal(1.4, sampler.EpochOf(7), 12);
    }

    [Fact]
    public void Too_few_tokens_are_named()
    {
        Assert.Equal(1, new WindowSampler(1, 65, 64, 1, 1).WindowsPerEpoch);
        var error = Assert.Throws<UserErrorException>(() => new WindowSampler(1, 64, 64, 1, 1));
        Assert.Contains("64 tokens", error.Message, StringComparison.Ordinal);
        Assert.Contains("65", error.Message, StringComparison.Ordinal);
    }

    private static long[] Read(WindowSampler sampler, long step, int microShard, int microBatch)
    {
        var offsets = new long[microBatch];
        sampler.Windows(step, microShard, offsets);
        return offsets;
    }

    private static long[] Samples(WindowSampler sampler, int microBatch, int microShards, long count)
    {
        var all = new List<long>();
        for (long step = 0; all.Count < count; step++)
            for (var m = 0; m < microShards; m++) all.AddRange(Read(sampler, step, m, microBatch));
        return [.. all.Take((int)count)];
    }
}
