using CsCheck;
using DyT.Config;
using DyT.Data.Images;

namespace DyT.Data.Tests.Images;

public class ImageSamplerTests
{
    [Fact]
    public void Every_image_comes_exactly_once_an_epoch_and_is_shown_by_a_key_of_its_own() =>
        Gen.Select(Gen.Long, Gen.Int[1, 300], Gen.Int[1, 5], Gen.Int[1, 9]).Sample((seed, count, microBatch, microShards) =>
        {
            var shown = Read(seed, count, microBatch, microShards, 3 * count);
            for (var epoch = 0; epoch < 3; epoch++)
                Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), shown.Skip(epoch * count).Take(count).Select(s => s.Image).Order());
            Assert.Equal(3 * count, shown.Select(s => s.Key).Distinct().Count());
        }, iter: 200);

    [Fact]
    public void Another_cut_of_the_same_global_batch_sees_the_same_images_shown_the_same_way() =>
        Assert.Equal(Read(7, 500, 2, 12, 1200), Read(7, 500, 8, 3, 1200));

    [Fact]
    public void Seeds_and_epochs_differ()
    {
        var one = Read(1, 500, 4, 2, 1000);
        Assert.NotEqual(one.Select(s => s.Image), Read(2, 500, 4, 2, 1000).Select(s => s.Image));
        Assert.NotEqual(one.Take(500).Select(s => s.Image), one.Skip(500).Select(s => s.Image));
    }

    [Fact]
    public void The_order_is_pinned()
    {
        // Computed by an independent implementation with unbounded integers.
        var (images, keys) = (new long[4], new ulong[4]);
        new ImageSampler(1337, 60_000, 4, 4).Images(0, 0, images, keys);
        Assert.Equal([37935, 5073, 24269, 14387], images);
        Assert.Equal([14966439885571097527, 2729924936425548124, 8058043224727410420, 17192690035494491432], keys);
        new ImageSampler(-1, 50_000, 3, 8).Images(9999, 7, images.AsSpan(1), keys.AsSpan(1));
        Assert.Equal([46652, 23032, 13647], images[1..]);
    }

    [Fact]
    public void A_set_without_images_is_named() =>
        Assert.Contains("no image", Assert.Throws<UserErrorException>(() => new ImageSampler(1, 0, 1, 1)).Message, StringComparison.Ordinal);

    [Fact]
    public void The_digest_of_a_step_is_that_of_its_images_micro_shard_by_micro_shard()
    {
        var sampler = new ImageSampler(3, 100, 4, 3);
        var (images, keys) = (new long[4], new ulong[4]);
        ulong sum = 0;
        foreach (var microShard in new[] { 2, 0, 1 })
        {
            sampler.Images(6, microShard, images, keys);
            sum = unchecked(sum + SampleDigest.Of(7, microShard, images));
        }

        Assert.Equal(sum, SampleDigest.Expected(sampler, 7, 3, 4));
        Assert.NotEqual(sum, SampleDigest.Expected(sampler, 8, 3, 4));
    }

    [Fact]
    public void Evaluation_takes_every_image_once_in_order() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[1, 17]).Sample((count, microBatch) =>
        {
            var batches = Enumerable.Range(0, EvalBatches.Count(count, microBatch, 0)).Select(b => EvalBatches.Items(count, microBatch, b)).ToArray();
            Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), batches.SelectMany(b => b));
            Assert.All(batches.SkipLast(1), b => Assert.Equal(microBatch, b.Length));
        });

    private static List<(long Image, ulong Key)> Read(long seed, int count, int microBatch, int microShards, int take)
    {
        var sampler = new ImageSampler(seed, count, microBatch, microShards);
        var all = new List<(long, ulong)>();
        var (images, keys) = (new long[microBatch], new ulong[microBatch]);
        for (long step = 0; all.Count < take; step++)
        {
            for (var m = 0; m < microShards; m++)
            {
                sampler.Images(step, m, images, keys);
                all.AddRange(images.Zip(keys));
            }
        }

        return all[..take];
    }
}
