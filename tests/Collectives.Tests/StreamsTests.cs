using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using CsCheck;
using DyT.Collectives.Tcp;
using DyT.Collectives.Tcp.Channels;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>Several connections between two workers.</summary>
public sealed class StreamsTests
{
    public static TheoryData<DataSecurity> Securities => [.. Enum.GetValues<DataSecurity>()];

    // Chunks so small that all connections have some.
    private static DataPlaneOptions Over(int streams, DataSecurity security = DataSecurity.Hello) =>
        Generation.Options with { Streams = streams, ChunkBytes = 4096, SmallBytes = 1024, Security = security, Tls = security == DataSecurity.Tls ? Certificates.Worker : null };

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);

    private static void Check(DataPlaneOptions options, ShardRange[] ranges, int length)
    {
        using var generation = Generation.Open(ranges, options);
        var v = generation.Plan.MicroShards;
        for (var round = 0; round < 3; round++)
        {
            var expected = TreeReference.Sum(v, length, round);
            generation.Each(c =>
            {
                List<Memory<float>> Partials() => TreeReference.Partials(ranges[c.Rank], v, length, round);
                var sum = new float[length];
                c.AllReduce(Partials(), sum);
                Assert.True(Bits(expected).SequenceEqual(Bits(sum)), $"all-reduce, rank {c.Rank} of {string.Join(' ', ranges)}, {length} elements, {options.Streams} streams");

                var (start, end) = Slicing.Of(length, c.Rank, c.WorldSize);
                var whole = new float[length];
                c.ReduceScatter(Partials(), length, whole.AsMemory(start, end - start));
                c.Barrier(); // an odd number of frames between the operations
                c.AllGather(whole);
                Assert.True(Bits(expected).SequenceEqual(Bits(whole)), $"reduce-scatter and all-gather, rank {c.Rank} of {string.Join(' ', ranges)}, {length} elements, {options.Streams} streams");
            });
        }
    }

    [Fact]
    public void Any_number_of_them_gives_the_bits_of_the_serial_tree() =>
        (from streams in Gen.Int[2, 5] from v in Gen.Int[2, 12] from cuts in Gen.Int[0, 12].Array[1, 3] from length in Gen.Int[1, 20_000] select (streams, v, cuts, length))
            .Sample(
                t =>
                {
                    // Equal borders make observers.
                    int[] borders = [0, .. t.cuts.Where(c => c <= t.v).Append(1).Order(), t.v];
                    Check(Over(t.streams), [.. borders.Zip(borders.Skip(1), (a, b) => new ShardRange(a, b))], t.length);
                },
                iter: 15,
                threads: 1);

    [Theory]
    [MemberData(nameof(Securities))]
    public void Every_protection_carries_them(DataSecurity security) => Check(Over(3, security), ShardRange.Even(5, 3), 20_001);

    [Fact]
    public void Rounded_messages_go_over_them()
    {
        const int length = 20_000;
        var options = Over(3) with { Wire = WireType.Bf16 };
        float[] Sum(DataPlaneOptions with)
        {
            using var generation = Generation.Open(ShardRange.Even(4, 2), with);
            var sums = new float[2][];
            generation.Each(c => c.AllReduce(TreeReference.Partials(c.Plan.Members[c.Rank].Range, 4, length), sums[c.Rank] = new float[length]));
            Assert.Equal(sums[0], sums[1]);
            return sums[0];
        }

        Assert.Equal(Sum(options with { Streams = 1 }), Sum(options));
    }

    [Fact]
    public void They_go_beside_shared_memory()
    {
        const int length = 20_000;
        var ranges = ShardRange.Even(7, 3);
        var expected = TreeReference.Sum(7, length);
        using var generation = MixedGeneration.Open(ranges, Over(3));
        Assert.Equal([4, 4, 6], generation.Ranks.Select(c => ((PairwiseCollective)c).Connections));
        Generation.OnThreads(3, rank =>
        {
            var sum = new float[length];
            generation.Ranks[rank].AllReduce(TreeReference.Partials(ranges[rank], 7, length), sum);
            Assert.Equal(expected, sum);
        });
    }

    [Fact]
    public void A_generation_that_shares_memory_never_opens_the_others()
    {
        const int length = 20_000;
        using var generation = Generation.Open(ShardRange.Even(5, 3), Over(4) with { Transport = DataTransport.Shm });
        Assert.All(generation.Ranks, c => Assert.Equal(2, ((PairwiseCollective)c).Connections));
        generation.Each(c =>
        {
            var sum = new float[length];
            c.AllReduce(TreeReference.Partials(c.Plan.Members[c.Rank].Range, 5, length), sum);
            Assert.Equal(TreeReference.Sum(5, length), sum);
        });
    }

    [Fact]
    public void Bulk_goes_beside_them()
    {
        var sent = TreeReference.Leaf(0, 100_000);
        var got = new float[sent.Length];
        using var generation = Generation.Open(ShardRange.Even(2, 2), Over(3));
        generation.Each(c =>
        {
            var transfer = c.Rank == 0 ? c.SendBulk(1, sent.ToArray()) : c.ReceiveBulk(0, got);
            var sum = new float[20_000];
            c.AllReduce(TreeReference.Partials(c.Plan.Members[c.Rank].Range, 2, sum.Length), sum);
            Assert.Equal(TreeReference.Sum(2, sum.Length), sum);
            c.Await(transfer);
        });
        Assert.Equal(sent, got);
    }

    [Fact]
    public void A_peer_that_has_finished_may_go_and_one_that_has_not_is_lost()
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2), Over(3));
        generation.Each(c => c.Barrier());
        generation.Ranks[1].Dispose();
        var partials = TreeReference.Partials(generation.Plan.Members[0].Range, 2, 50_000);
        Assert.Equal("w1", Assert.Throws<PeerLostException>(() => generation.Ranks[0].AllReduce(partials, new float[50_000])).Name);
    }

    [Fact]
    public void Frames_are_spread_over_them_in_turns()
    {
        using var rank = new RankOfTwo();
        var (collective, first, second) = (rank.Collective, rank.First, rank.Second);
        var own = new Thread(() => Assert.Throws<PeerLostException>(() => collective.AllGather(new byte[3 * 4096], new byte[6 * 4096])));
        own.Start();
        Assert.Equal([0u, 8192u], [OffsetOfNext(first), OffsetOfNext(first)]);
        Assert.Equal(4096u, OffsetOfNext(second));
        first.Dispose(); // it has seen enough
        own.Join();
    }

    /// <summary>A rank whose only peer is two raw connections.</summary>
    private sealed class RankOfTwo : IDisposable
    {
        private readonly DataPlaneListener _listener = Generation.Listen(Over(2));

        public RankOfTwo()
        {
            var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", _listener.Port, new ShardRange(0, 1)), new GenerationMember("raw", "127.0.0.1", 1, new ShardRange(1, 2))]);
            First = RawPeer.Greet(_listener.Port, plan, fromRank: 1, toRank: 0, stream: 0, streams: 2);
            Second = RawPeer.Greet(_listener.Port, plan, fromRank: 1, toRank: 0, stream: 1, streams: 2);
            Collective = _listener.Connect(plan, 0, CancellationToken.None);
        }

        public ICollective Collective { get; }

        public Socket First { get; }

        public Socket Second { get; }

        public void Dispose()
        {
            Collective.Dispose();
            Second.Dispose();
            First.Dispose();
            _listener.Dispose();
        }
    }

    /// <summary>Takes a frame of 4 KiB.</summary>
    private static uint OffsetOfNext(Socket peer) => Frame.Read(RawPeer.Receive(peer, Frame.HeaderBytes + 4096)).Offset;

    [Fact]
    public void What_came_by_one_counts_once_all_before_it_came_by_the_others()
    {
        using var links = new TwoLinks();
        var (ours, theirs, lane) = (links.Ours, links.Theirs, new StripedLane(links.Ours));
        var places = Enumerable.Range(0, 3).Select(_ => new byte[4]).ToArray();
        for (var i = 0; i < 3; i++)
            lane.Expect(1, 0, i, new Payload(places[i]));
        Assert.Equal((3, 0), (lane.Expected, lane.Received));

        void Arrives(int frame)
        {
            var bytes = new byte[Frame.HeaderBytes + 4];
            new Frame(FrameKind.Data, 0, 1, (uint)frame, 4).Write(bytes);
            bytes[^1] = (byte)(frame + 1);
            theirs[frame % 2].Send(bytes);
            Await(() => ours[frame % 2].Received == frame / 2 + 1);
        }

        Arrives(1);
        Assert.Equal(0, lane.Received);
        Arrives(0);
        Assert.Equal(2, lane.Received);
        Arrives(2);
        Assert.Equal(3, lane.Received);
        Assert.Equal([1, 2, 3], places.Select(p => (int)p[3]));
    }

    [Fact]
    public void What_went_by_one_is_the_callers_again_once_all_before_it_went_by_the_others()
    {
        using var links = new TwoLinks();
        var (ours, theirs, lane) = (links.Ours, links.Theirs, new StripedLane(links.Ours));
        const int large = 64 << 20; // more than two socket buffers hold
        lane.Send(1, 0, 0, new Payload(new byte[large]));
        lane.Send(1, 0, 1, new Payload(new byte[4]));
        Await(() => ours[1].Sent == 1);
        Assert.Equal((2, 0), (lane.Queued, lane.Sent));
        RawPeer.Receive(theirs[0], Frame.HeaderBytes + large);
        Await(() => lane.Sent == 2);
    }

    /// <summary>Two connections to the same peer, which is raw sockets.</summary>
    private sealed class TwoLinks : IDisposable
    {
        public TwoLinks()
        {
            for (var i = 0; i < 2; i++)
            {
                using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
                listener.Listen(1);
                Theirs[i] = RawPeer.Connect(((IPEndPoint)listener.LocalEndPoint!).Port);
                var channel = new PlainChannel(new SocketWire(listener.Accept()));
                Ours[i] = new PolledLink(1, "w1", channel, channel.OpenStream()!, Generation.Options, new Owner());
                Ours[i].Start();
            }
        }

        public PeerLink[] Ours { get; } = new PeerLink[2];

        public Socket[] Theirs { get; } = new Socket[2];

        public void Dispose()
        {
            Array.ForEach(Ours, link => link.Close());
            Array.ForEach(Theirs, socket => socket.Dispose());
            Array.ForEach(Ours, link => link.AwaitEnd());
        }
    }

    private static void Await(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, TimeSpan.FromSeconds(20)));

    private sealed class Owner : ILinkOwner
    {
        public ISignal Signal { get; } = new LocalSignal();

        public void OnLost(PeerLink link, string reason, Exception? cause)
        {
        }
    }

    [Fact]
    public void One_broken_connection_loses_the_peer()
    {
        using var rank = new RankOfTwo();
        var (collective, first, second) = (rank.Collective, rank.First, rank.Second);
        second.Dispose();
        Assert.Equal("raw", Assert.Throws<PeerLostException>(() => collective.Barrier()).Name); // whose only frame would come by the first
    }

    [Fact]
    public void Workers_with_other_numbers_of_them_refuse_each_other_by_name()
    {
        using var a = Generation.Listen();
        using var b = Generation.Listen(Over(2));
        var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2));
        var reasons = new string[2];
        Generation.OnThreads(2, rank => reasons[rank] = Assert.Throws<PeerLostException>(() => (rank == 0 ? a : b).Connect(plan, rank, CancellationToken.None)).Message);
        Assert.Contains("w1 (rank 1): it has another cluster.streams than this worker's 1", reasons[0], StringComparison.Ordinal);
        Assert.Contains("w0 (rank 0): it has another cluster.streams than this worker's 2", reasons[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, 2)]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    public void A_connection_that_counts_itself_wrongly_is_no_hello(int stream, int streams) =>
        Assert.Null(Hello.Parse(RawPeer.Hello(1, 1, 0, stream: stream, streams: streams)));
}
