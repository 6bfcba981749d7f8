using System.Runtime.InteropServices;
using CsCheck;

namespace DyT.Collectives.Tests;

public sealed class AllReduceTests
{
    private static void Check(ShardRange[] ranges, int length, Tcp.DataPlaneOptions? options = null)
    {
        var v = ranges[^1].End;
        using var generation = Generation.Open(ranges, options);
        for (var round = 0; round < 2; round++)
        {
            var expected = TreeReference.Sum(v, length, round);
            var results = new float[ranges.Length][];
            generation.Each(c =>
            {
                var partials = TreeReference.Partials(ranges[c.Rank], v, length, round);
                // Rank 0 lets the result lie over its first partial sum.
                var result = c.Rank == 0 ? partials[0] : new float[length];
                c.AllReduce(partials, result);
                results[c.Rank] = result.ToArray();
            });
            Assert.All(results, r => Assert.True(Bits(expected).SequenceEqual(Bits(r)), $"{ranges.Length} ranks, {length} elements"));
        }
    }

    private static ReadOnlySpan<int> Bits(float[] values) => MemoryMarshal.Cast<float, int>(values);

    private static ShardRange[] Cut(int v, IEnumerable<int> borders)
    {
        var all = borders.Append(0).Append(v).Where(b => b >= 0 && b <= v).Distinct().Order().ToArray();
        return [.. all.Zip(all.Skip(1), (a, b) => new ShardRange(a, b))];
    }

    [Fact]
    public void Any_cut_of_the_micro_shards_gives_the_bits_of_the_serial_tree() =>
        (from v in Gen.Int[1, 24] from cuts in Gen.Int[1, 23].Array[0, 4] from length in Gen.Int[1, 70_000] select (v, cuts, length))
            .Sample(t => Check(Cut(t.v, t.cuts), t.length), iter: 25, threads: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(8191)]
    [InlineData(8192)]
    [InlineData(8193)]
    [InlineData(65_537)]
    [InlineData(1_000_003)]
    public void Three_workers_share_eight_micro_shards(int length) => Check(ShardRange.Even(8, 3), length);

    [Fact]
    public void Small_and_large_algorithms_give_the_same_bits()
    {
        Check(ShardRange.Even(8, 3), 5000, Generation.Options with { SmallBytes = 0, ChunkBytes = 4096 });
        Check(ShardRange.Even(8, 3), 5000, Generation.Options with { SmallBytes = int.MaxValue });
    }

    [Fact]
    public void Sixty_four_megabytes_pass() => Check(ShardRange.Even(2, 2), 16 * 1024 * 1024);

    [Fact]
    public void Reduce_scatter_gives_each_rank_its_slice_and_all_gather_puts_them_together()
    {
        const int length = 200_001;
        var ranges = ShardRange.Even(7, 3);
        var expected = TreeReference.Sum(7, length);
        using var generation = Generation.Open(ranges);
        generation.Each(c =>
        {
            var (start, end) = Slicing.Of(length, c.Rank, c.WorldSize);
            var whole = new float[length];
            c.ReduceScatter(TreeReference.Partials(ranges[c.Rank], 7, length), length, whole.AsMemory(start, end - start));
            c.AllGather(whole);
            Assert.Equal(expected, whole);
        });
    }
}
