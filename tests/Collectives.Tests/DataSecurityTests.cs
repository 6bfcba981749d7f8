using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>What must be the same under every protection.</summary>
public sealed class DataSecurityTests
{
    public static TheoryData<DataSecurity> All => [.. Enum.GetValues<DataSecurity>()];

    private static DataPlaneOptions With(DataSecurity security) =>
        Generation.Options with { Security = security, Tls = security == DataSecurity.Tls ? Certificates.Worker : null };

    private static float[] Reduced(DataSecurity security, int length)
    {
        using var generation = Generation.Open(ShardRange.Even(5, 3), With(security));
        var results = new float[3][];
        Generation.OnThreads(3, rank =>
        {
            var c = generation.Ranks[rank];
            var partials = CanonicalTree.Cover(c.Plan.Members[rank].Range, c.Plan.MicroShards)
                .Select((_, part) => new Memory<float>([.. Enumerable.Range(0, length).Select(i => MathF.Sin(i + 100 * rank + 10 * part))])).ToList();
            results[rank] = new float[length];
            for (var round = 0; round < 3; round++)
                c.AllReduce(partials, results[rank]);
        });
        Assert.Equal(results[0], results[1]);
        Assert.Equal(results[0], results[2]);
        return results[0];
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_reduction_has_the_same_bits(DataSecurity security)
    {
        foreach (var length in (int[])[1, 1000, 300_000])
            Assert.Equal(Reduced(DataSecurity.Hello, length), Reduced(security, length));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_peer_that_has_finished_is_not_lost_when_it_goes(DataSecurity security)
    {
        for (var round = 0; round < 10; round++)
        {
            using var generation = Generation.Open(ShardRange.Even(3, 3), With(security));
            generation.Each(c =>
            {
                c.Barrier();
                c.Dispose();
            });
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_peer_that_leaves_early_is_lost_to_whoever_still_needs_it(DataSecurity security)
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2), With(security));
        generation.Ranks[1].Dispose();
        Assert.Equal("w1", Assert.Throws<PeerLostException>(() => generation.Ranks[0].Barrier()).Name);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_abort_in_the_middle_ends_every_operation(DataSecurity security)
    {
        for (var round = 0; round < 5; round++)
        {
            using var generation = Generation.Open(ShardRange.Even(2, 2), With(security));
            Generation.OnThreads(2, rank =>
            {
                var c = generation.Ranks[rank];
                using var abort = rank == 0 ? new Timer(_ => c.Abort("told to"), null, 20, Timeout.Infinite) : null;
                Assert.ThrowsAny<Exception>(() =>
                {
                    for (var i = 0; i < int.MaxValue; i++)
                        c.AllReduce([new float[500_000]], new float[500_000]);
                });
            });
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_busy_peer_is_not_lost_in_the_time_that_loses_silent_ones(DataSecurity security)
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2), With(security) with { Silence = RawPeer.Impatient.Silence, FirstWord = RawPeer.Impatient.FirstWord });
        Generation.OnThreads(2, rank =>
        {
            // Rank 1 "computes" for longer than twice the silence; its heartbeats keep rank 0 content.
            for (var i = 0; rank == 1 && i < 2; i++)
                Assert.Contains("silent", RawPeer.LoseSilent().Message, StringComparison.Ordinal);
            generation.Ranks[rank].Barrier();
        });
    }
}
