using System.Runtime.InteropServices;
using CsCheck;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>What must be the same by whatever way the data goes. Small chunks, so that rings and windows go round many times.</summary>
public sealed class TransportTests
{
    public static TheoryData<DataTransport> All => [DataTransport.Tcp, DataTransport.Shm];

    public static TheoryData<DataSecurity> Securities => [.. Enum.GetValues<DataSecurity>()];

    private static DataPlaneOptions With(DataTransport transport, DataSecurity security = DataSecurity.Hello) =>
        Generation.Options with { Transport = transport, Security = security, ChunkBytes = 4096, SmallBytes = 1024, Tls = security == DataSecurity.Tls ? Certificates.Worker : null };

    private static void Check(DataPlaneOptions options, ShardRange[] ranges, int length)
    {
        var v = ranges[^1].End;
        using var generation = Generation.Open(ranges, options);
        for (var round = 0; round < 2; round++)
        {
            var expected = TreeReference.Sum(v, length, round);
            generation.Each(c =>
            {
                List<Memory<float>> Partials() => TreeReference.Partials(ranges[c.Rank], v, length, round);
                var over = Partials();
                var sum = over.Count > 0 ? over[0] : new float[length]; // the result may lie over a partial sum
                c.AllReduce(over, sum);
                Assert.True(Bits(expected).SequenceEqual(Bits(sum.Span)), $"all-reduce, {string.Join(' ', ranges)}, {length} elements");

                var (start, end) = Slicing.Of(length, c.Rank, c.WorldSize);
                var whole = new float[length];
                c.ReduceScatter(Partials(), length, whole.AsMemory(start, end - start));
                c.AllGather(whole);
                Assert.True(Bits(expected).SequenceEqual(Bits(whole)), $"reduce-scatter and all-gather, {string.Join(' ', ranges)}, {length} elements");
            });
        }
    }

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);

    [Theory]
    [MemberData(nameof(All))]
    public void Any_cut_of_the_micro_shards_gives_the_bits_of_the_serial_tree(DataTransport transport) =>
        (from v in Gen.Int[2, 40] from cuts in Gen.Int[0, 40].Array[1, 4] from length in Gen.Int[1, 40_000] select (v, cuts, length))
            .Sample(
                t =>
                {
                    // Equal borders make observers, first, last or in between.
                    int[] borders = [0, .. t.cuts.Where(c => c <= t.v).Append(1).Order(), t.v];
                    Check(With(transport), [.. borders.Zip(borders.Skip(1), (a, b) => new ShardRange(a, b))], t.length);
                },
                iter: 15,
                threads: 1);

    [Theory]
    [MemberData(nameof(Securities))]
    public void Every_protection_allows_shared_memory(DataSecurity security) => Check(With(DataTransport.Shm, security), ShardRange.Even(5, 3), 20_000);

    [Theory]
    [MemberData(nameof(All))]
    public void Records_and_broadcasts_of_any_size_arrive(DataTransport transport)
    {
        using var generation = Generation.Open(ShardRange.Even(3, 3), With(transport));
        foreach (var size in (int[])[0, 1, 4095, 4096, 4097, 50_000])
        {
            generation.Each(c =>
            {
                var all = new byte[3 * size];
                c.AllGather(Enumerable.Repeat((byte)(c.Rank + 1), size).ToArray(), all);
                Assert.All(Enumerable.Range(0, 3), r => Assert.False(all.AsSpan(r * size, size).ContainsAnyExcept((byte)(r + 1))));
                var data = Enumerable.Repeat((byte)(c.Rank + 1), size).ToArray();
                c.Broadcast(1, data);
                Assert.False(data.AsSpan().ContainsAnyExcept((byte)2));
            });
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_all_reduce_allocates_next_to_nothing(DataTransport transport)
    {
        const int rounds = 300;
        var ranges = ShardRange.Even(4, 2);
        using var generation = Generation.Open(ranges, With(transport));
        var buffers = ranges.Select(r => TreeReference.Partials(r, 4, 50_000)).ToArray();
        generation.Each(c =>
        {
            void Rounds()
            {
                for (var i = 0; i < rounds; i++)
                    c.AllReduce(buffers[c.Rank], buffers[c.Rank][0]);
            }

            Rounds(); // queues and scratch memory grow to their size
            var before = GC.GetAllocatedBytesForCurrentThread();
            Rounds();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < 16 * rounds, $"{allocated} bytes are allocated by {rounds} all-reduces"); // no object is so small: less than one each
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_peer_that_has_finished_is_not_lost_when_it_goes(DataTransport transport)
    {
        for (var round = 0; round < 10; round++)
        {
            using var generation = Generation.Open(ShardRange.Even(3, 3), With(transport));
            generation.Each(c =>
            {
                c.AllReduce([new float[5_000]], new float[5_000]);
                c.Dispose();
            });
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_peer_that_leaves_early_is_lost_to_whoever_still_needs_it(DataTransport transport)
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2), With(transport));
        generation.Ranks[1].Dispose();
        Assert.Equal("w1", Assert.Throws<PeerLostException>(() => generation.Ranks[0].Barrier()).Name);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void A_peer_that_is_lost_in_the_middle_ends_the_waiting_of_all(DataTransport transport)
    {
        using var generation = Generation.Open(ShardRange.Even(3, 3), With(transport));
        Generation.OnThreads(3, rank =>
        {
            var c = generation.Ranks[rank];
            var rounds = rank == 2 ? 3 : int.MaxValue;
            void Run()
            {
                for (var i = 0; i < rounds; i++)
                    c.AllReduce([new float[100_000]], new float[100_000]);
            }

            if (rank == 2)
            {
                Run();
                c.Abort("told to"); // closes its connections as a death does
            }
            else
            {
                Assert.Throws<PeerLostException>(Run);
            }
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_abort_wakes_whoever_waits(DataTransport transport)
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2), With(transport));
        var c = generation.Ranks[0];
        Generation.OnThreads(2, thread =>
        {
            if (thread == 0)
                Assert.Throws<CollectiveAbortedException>(() => c.Barrier());
            else if (SpinWait.SpinUntil(() => c.Describe().Contains("w1", StringComparison.Ordinal), TimeSpan.FromSeconds(20)))
                c.Abort("told to");
        });
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Bulk_arrives_while_collectives_go_on(DataTransport transport)
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2), With(transport));
        var arrived = new float[1_000_000];
        generation.Each(c =>
        {
            var transfer = c.Rank == 0
                ? c.SendBulk(1, Enumerable.Range(0, arrived.Length).Select(i => (float)i).ToArray())
                : c.ReceiveBulk(0, arrived);
            for (var i = 0; i < 20; i++)
            {
                var sum = new float[20_000];
                Array.Fill(sum, c.Rank + 1);
                c.AllReduce([sum], sum);
                Assert.All(sum, s => Assert.Equal(3, s));
            }

            c.Await(transfer);
        });
        Assert.Equal(Enumerable.Range(0, arrived.Length).Select(i => (float)i), arrived);
    }

    [Fact]
    public void Shared_memory_leaves_no_name_behind()
    {
        const string run = "a run of this test's own";
        var name = Convert.ToHexStringLower(new DataPlaneIdentity(run, Generation.Secret).RunHash.AsSpan(0, 4));
        using var a = Generation.Listen(With(DataTransport.Shm), run);
        using var b = Generation.Listen(With(DataTransport.Shm), run);
        var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2)) with { RunId = run };
        Generation.OnThreads(2, rank =>
        {
            using var c = (rank == 0 ? a : b).Connect(plan, rank, CancellationToken.None);
            c.Barrier(); // both are through with the opening
            Assert.DoesNotContain(Directory.GetFiles("/dev/shm"), f => f.Contains(name, StringComparison.Ordinal));
            c.Barrier();
        });
    }

    [Fact]
    public void Transports_that_differ_are_named()
    {
        using var a = Generation.Listen(With(DataTransport.Tcp) with { FirstWord = TimeSpan.FromSeconds(10) });
        using var b = Generation.Listen(With(DataTransport.Auto) with { FirstWord = TimeSpan.FromSeconds(10) });
        var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2));
        var reasons = new string[2];
        Generation.OnThreads(2, rank => reasons[rank] = Assert.Throws<PeerLostException>(() =>
        {
            using var c = (rank == 0 ? a : b).Connect(plan, rank, CancellationToken.None);
            c.Barrier();
        }).Message);
        Assert.Contains(reasons, r => r.Contains("cluster.transport", StringComparison.Ordinal));
    }

    [Fact]
    public void Waiting_for_an_offer_can_be_given_up()
    {
        using var listener = Generation.Listen(With(DataTransport.Auto));
        var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("mute", "127.0.0.1", 1, new ShardRange(1, 2))]);
        using var mute = RawPeer.Greet(listener.Port, plan, fromRank: 1, toRank: 0);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        Assert.ThrowsAny<OperationCanceledException>(() => listener.Connect(plan, 0, cancellation.Token));
    }

    [Fact]
    public void Only_the_owner_s_user_can_open_the_memory_and_its_size_must_fit()
    {
        var layout = new InboxLayout([0, 1], [6, 6], 4096);
        var name = $"dyt-test-{Guid.NewGuid():N}";
        using var own = SharedInbox.Create(name, layout, 0);
        try
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo("/dev/shm/" + name).UnixFileMode);
            Assert.Throws<IOException>(() => SharedInbox.Open(name, layout with { DataBytes = 8192 }, 0));
            Assert.Throws<IOException>(() => SharedInbox.Create(name, layout, 0));
        }
        finally
        {
            SharedInbox.Unlink(name);
        }
    }
}
