using System.Runtime.InteropServices;
using CsCheck;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>Reductions whose messages are bf16.</summary>
public sealed class WireTests
{
    private const int FrameHeaderBytes = 16;

    public static TheoryData<DataSecurity> Securities => [.. Enum.GetValues<DataSecurity>()];

    private static DataPlaneOptions Halved(DataSecurity security = DataSecurity.Hello) =>
        Generation.Options with { Wire = WireType.Bf16, ChunkBytes = 4096, SmallBytes = 1024, Security = security, Tls = security == DataSecurity.Tls ? Certificates.Worker : null };

    /// <summary>What the rank that owns element i comes to: its own partial sums as they are, the others' rounded.</summary>
    private static float[] Sums(GenerationPlan plan, int length, int salt, Func<int, int, bool> isHalved)
    {
        var fold = FoldPlan.Of(plan);
        var sums = new float[length];
        for (var owner = 0; owner < plan.WorldSize; owner++)
        {
            var leaves = new List<Memory<float>>();
            for (var rank = 0; rank < plan.WorldSize; rank++)
            {
                foreach (var partial in TreeReference.Partials(plan.Members[rank].Range, plan.MicroShards, length, salt))
                    leaves.Add(isHalved(rank, owner) ? partial.ToArray().Select(Bf16Reference.Round).ToArray() : partial);
            }

            var whole = new float[length];
            fold.Fold(leaves.ToArray(), leaves.ToArray(), whole);
            var (start, end) = Slicing.Of(length, owner, plan.WorldSize);
            whole.AsSpan(start, end - start).CopyTo(sums.AsSpan(start));
        }

        return sums;
    }

    /// <summary>Rounded at most twice: each partial sum, and the sum of those. The rest is fp32's.</summary>
    private static void CheckBounds(GenerationPlan plan, int length, int salt, float[] result)
    {
        var partials = plan.Members.SelectMany(m => TreeReference.Partials(m.Range, plan.MicroShards, length, salt)).ToList();
        var leaves = Enumerable.Range(0, plan.MicroShards).Select(m => TreeReference.Leaf(m, length, salt)).ToList();
        for (var i = 0; i < length; i++)
        {
            var exact = leaves.Sum(leaf => (double)leaf[i]);
            var onTheWay = Bf16Reference.UnitRoundoff * partials.Sum(p => Math.Abs((double)p.Span[i]));
            var fp32 = plan.MicroShards * Math.Pow(2, -24) * leaves.Sum(leaf => Math.Abs((double)leaf[i])) * 2;
            var bound = onTheWay + fp32 + Bf16Reference.UnitRoundoff * (Math.Abs(exact) + onTheWay + fp32);
            Assert.True(Math.Abs(result[i] - exact) <= bound, $"element {i}: {result[i]} where the sum is {exact}, more than {bound} apart");
        }
    }

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);

    private static void Check(DataPlaneOptions options, ShardRange[] ranges, int length)
    {
        using var generation = Generation.Open(ranges, options);
        var plan = generation.Plan;
        for (var round = 0; round < 2; round++)
        {
            var unrounded = Sums(plan, length, round, (rank, owner) => rank != owner);
            var expected = length * sizeof(float) <= options.SmallBytes ? TreeReference.Sum(plan.MicroShards, length, round) : [.. unrounded.Select(Bf16Reference.Round)];
            CheckBounds(plan, length, round, expected);
            generation.Each(c =>
            {
                List<Memory<float>> Partials() => TreeReference.Partials(ranges[c.Rank], plan.MicroShards, length, round);
                var over = Partials();
                var sum = over.Count > 0 ? over[0] : new float[length]; // the result may lie over a partial sum
                c.AllReduce(over, sum);
                Assert.True(Bits(expected).SequenceEqual(Bits(sum.Span)), $"all-reduce, rank {c.Rank} of {string.Join(' ', ranges)}, {length} elements");

                var (start, end) = Slicing.Of(length, c.Rank, c.WorldSize);
                var whole = new float[length];
                c.ReduceScatter(Partials(), length, whole.AsMemory(start, end - start));
                c.AllGather(whole); // weights too go this way: their bits stay
                Assert.True(Bits(unrounded).SequenceEqual(Bits(whole)), $"reduce-scatter and all-gather, rank {c.Rank} of {string.Join(' ', ranges)}, {length} elements");
            });
        }
    }

    [Fact]
    public void All_ranks_end_with_the_same_bits_near_the_sum() =>
        (from v in Gen.Int[2, 24] from cuts in Gen.Int[0, 24].Array[1, 3] from length in Gen.Int[1, 9000] select (v, cuts, length))
            .Sample(
                t =>
                {
                    // Equal borders make observers, first, last or in between.
                    int[] borders = [0, .. t.cuts.Where(c => c <= t.v).Append(1).Order(), t.v];
                    Check(Halved(), [.. borders.Zip(borders.Skip(1), (a, b) => new ShardRange(a, b))], t.length);
                },
                iter: 20,
                threads: 1);

    [Theory]
    [MemberData(nameof(Securities))]
    public void Every_protection_carries_it(DataSecurity security) => Check(Halved(security), ShardRange.Even(5, 3), 20_001);

    [Theory]
    [InlineData(256)]
    [InlineData(257)]
    public void What_is_small_stays_exact(int length) => Check(Halved(), ShardRange.Even(4, 4), length);

    [Fact]
    public void Frames_of_usual_sizes_pass() => Check(Generation.Options with { Wire = WireType.Bf16 }, ShardRange.Even(4, 2), 200_003);

    [Fact]
    public void What_is_no_number_stays_none_on_all_ranks()
    {
        const int length = 2000;
        using var generation = Generation.Open(ShardRange.Even(3, 3), Halved());
        generation.Each(c =>
        {
            var partial = new float[length];
            partial.AsSpan().Fill(c.Rank == 1 ? float.NaN : 1);
            var result = new float[length];
            result[7] = c.Rank;
            c.AllReduce([partial], result);
            Assert.All(result, r => Assert.Equal(0x7FC00000, BitConverter.SingleToInt32Bits(r)));
        });
    }

    [Fact]
    public void Shared_memory_keeps_fp32()
    {
        const int length = 20_000;
        using var generation = Generation.Open(ShardRange.Even(5, 3), Halved() with { Transport = DataTransport.Shm });
        generation.Each(c =>
        {
            var result = new float[length];
            c.AllReduce(TreeReference.Partials(c.Plan.Members[c.Rank].Range, 5, length), result);
            Assert.Equal(TreeReference.Sum(5, length), result);
        });
    }

    [Fact]
    public void Peers_by_shared_memory_and_by_tcp_end_with_the_same_bits()
    {
        const int length = 20_000;
        var ranges = ShardRange.Even(7, 3);
        using var generation = MixedGeneration.Open(ranges, Halved());
        // 0 and 1 share memory; 2 is elsewhere. Each sum is rounded, for each owner has a peer by TCP.
        var expected = Sums(generation.Plan, length, 0, (rank, owner) => rank != owner && (rank == 2 || owner == 2)).Select(Bf16Reference.Round).ToArray();
        Generation.OnThreads(3, rank =>
        {
            for (var round = 0; round < 2; round++)
            {
                var result = new float[length];
                generation.Ranks[rank].AllReduce(TreeReference.Partials(ranges[rank], 7, length), result);
                Assert.True(Bits(expected).SequenceEqual(Bits(result)), $"rank {rank}");
            }
        });
    }

    [Fact]
    public void Steps_allocate_next_to_nothing()
    {
        const int rounds = 300;
        var ranges = ShardRange.Even(4, 2);
        using var generation = Generation.Open(ranges, Halved());
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

    [Fact]
    public void A_frame_holds_two_bytes_a_value()
    {
        const int length = 1000; // the first 496 are rank 0's
        var values = TreeReference.Leaf(0, length);
        using var listener = Generation.Listen(Halved());
        var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("raw", "127.0.0.1", 1, new ShardRange(1, 2))]);
        using var peer = RawPeer.Greet(listener.Port, plan, fromRank: 1, toRank: 0, wire: 1);
        using var collective = listener.Connect(plan, 0, CancellationToken.None);
        var own = new Thread(() => Assert.Throws<PeerLostException>(() => collective.AllReduce([values.ToArray()], new float[length])));
        own.Start();
        var (start, end) = Slicing.Of(length, 1, 2);
        var frame = RawPeer.Receive(peer, FrameHeaderBytes + (end - start) * sizeof(ushort));
        Assert.Equal([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, .. BitConverter.GetBytes((end - start) * sizeof(ushort))], frame[..FrameHeaderBytes]);
        Assert.Equal(values[start..end].Select(Bf16Reference.Bits), MemoryMarshal.Cast<byte, ushort>(frame.AsSpan(FrameHeaderBytes)).ToArray());
        peer.Dispose(); // it has seen enough
        own.Join();
    }

    [Fact]
    public void Workers_that_count_in_other_numbers_refuse_each_other_by_name()
    {
        using var a = Generation.Listen();
        using var b = Generation.Listen(Generation.Options with { Wire = WireType.Bf16 });
        var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2));
        var reasons = new string[2];
        Generation.OnThreads(2, rank => reasons[rank] = Assert.Throws<PeerLostException>(() => (rank == 0 ? a : b).Connect(plan, rank, CancellationToken.None)).Message);
        Assert.Contains("w1 (rank 1): it has another cluster.wire than this worker's fp32", reasons[0], StringComparison.Ordinal);
        Assert.Contains("w0 (rank 0): it has another cluster.wire than this worker's bf16", reasons[1], StringComparison.Ordinal);
        Assert.True(SpinWait.SpinUntil(() => a.RefusedConnections == 1, TimeSpan.FromSeconds(20)), $"{a.RefusedConnections} refused"); // counted after the answer has left
    }
}
