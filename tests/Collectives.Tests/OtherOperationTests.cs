namespace DyT.Collectives.Tests;

public sealed class OtherOperationTests
{
    [Fact]
    public void Records_are_gathered_in_rank_order()
    {
        using var generation = Generation.Open(ShardRange.Even(4, 4));
        generation.Each(c =>
        {
            var all = new byte[8];
            c.AllGather(new byte[] { (byte)c.Rank, (byte)(10 * c.Rank) }, all);
            Assert.Equal([0, 0, 1, 10, 2, 20, 3, 30], all);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Broadcast_gives_everyone_the_root_s_bytes(int root)
    {
        var expected = new byte[700_001];
        new Random(3).NextBytes(expected);
        using var generation = Generation.Open(ShardRange.Even(3, 3));
        generation.Each(c =>
        {
            var data = c.Rank == root ? expected.ToArray() : new byte[expected.Length];
            c.Broadcast(root, data);
            Assert.Equal(expected, data);
        });
    }

    [Fact]
    public void A_barrier_opens_only_when_everyone_is_there()
    {
        using var generation = Generation.Open(ShardRange.Even(3, 3));
        var arrived = 0;
        generation.Each(c =>
        {
            for (var round = 1; round <= 50; round++)
            {
                Interlocked.Increment(ref arrived);
                c.Barrier();
                Assert.True(Volatile.Read(ref arrived) >= 3 * round);
                c.Barrier();
            }
        });
    }

    [Fact]
    public void Slices_tile_any_length()
    {
        for (var world = 1; world <= 9; world++)
        {
            for (var length = 0; length < 400; length++)
            {
                var at = 0;
                for (var rank = 0; rank < world; rank++)
                {
                    var (start, end) = Slicing.Of(length, rank, world);
                    Assert.Equal(at, start);
                    at = end;
                }

                Assert.Equal(length, at);
            }
        }
    }
}
