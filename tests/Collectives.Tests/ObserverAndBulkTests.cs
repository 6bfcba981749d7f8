namespace DyT.Collectives.Tests;

public sealed class ObserverAndBulkTests
{
    [Theory]
    [InlineData(0)] // the observer stands first, in the middle, last
    [InlineData(1)]
    [InlineData(2)]
    public void An_observer_brings_nothing_and_receives_the_sum(int observer)
    {
        const int microShards = 5;
        foreach (var length in new[] { 100, 100_003 }) // small: everyone adds up everything; large: by slices
        {
            var even = ShardRange.Even(microShards, 2);
            var ranges = even.ToList();
            ranges.Insert(observer, observer == 0 ? new ShardRange(0, 0) : new ShardRange(even[observer - 1].End, even[observer - 1].End));
            using var generation = Generation.Open(ranges);
            Assert.True(generation.Plan.Members[observer].IsObserver);
            var expected = TreeReference.Sum(microShards, length);
            generation.Each(c =>
            {
                var sum = new float[length];
                c.AllReduce(TreeReference.Partials(ranges[c.Rank], microShards, length), sum);
                Assert.Equal(expected, sum);
            });
        }
    }

    [Fact]
    public void Bulk_arrives_whole_while_collectives_go_on()
    {
        const int length = 3_000_001;
        var ranges = ShardRange.Even(2, 2);
        using var generation = Generation.Open(ranges);
        var data = new float[length];
        for (var i = 0; i < length; i++)
            data[i] = i;
        var arrived = new float[length];
        generation.Each(c =>
        {
            var transfers = c.Rank == 0
                ? new[] { c.SendBulk(1, data.AsMemory(0, 1_000_000)), c.SendBulk(1, data.AsMemory(1_000_000)) }
                : [c.ReceiveBulk(0, arrived.AsMemory(0, 1_000_000)), c.ReceiveBulk(0, arrived.AsMemory(1_000_000))];
            var expected = TreeReference.Sum(2, 5_000);
            for (var i = 0; i < 50; i++)
            {
                var sum = new float[5_000];
                c.AllReduce(TreeReference.Partials(ranges[c.Rank], 2, 5_000), sum);
                Assert.Equal(expected, sum);
            }

            foreach (var transfer in transfers)
                c.Await(transfer);
            Assert.All(transfers, t => Assert.Equal(t.TotalBytes, t.DoneBytes));
        });
        Assert.Equal(data, arrived);
    }

    [Fact]
    public void Bulk_that_nobody_waits_for_does_not_hold_up_the_end_of_a_generation()
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2));
        var big = new float[64 * 1024 * 1024];
        generation.Each(c =>
        {
            _ = c.Rank == 0 ? c.SendBulk(1, big) : c.ReceiveBulk(0, new float[big.Length]);
            c.Barrier();
            var before = Environment.TickCount64;
            c.Dispose();
            Assert.InRange(Environment.TickCount64 - before, 0, 20_000);
        });
    }

    [Fact]
    public void Two_plans_of_one_number_do_not_mix()
    {
        var options = Generation.Options with { ConnectTimeout = TimeSpan.FromSeconds(1), FirstWord = TimeSpan.FromSeconds(1) };
        using var a = Generation.Listen(options);
        using var b = Generation.Listen(options);
        var one = Generation.PlanFor([a, b], ShardRange.Even(4, 2));
        var other = Generation.PlanFor([a, b], [new ShardRange(0, 1), new ShardRange(1, 4)]);
        Generation.OnThreads(2, rank =>
        {
            if (rank == 0)
                Assert.Throws<PeerLostException>(() => a.Connect(one, 0, CancellationToken.None));
            else
                Assert.ThrowsAny<Exception>(() => b.Connect(other, 1, CancellationToken.None).Barrier());
        });
    }
}
