using System.Net.Sockets;
using DyT.Collectives.Tcp;

namespace DyT.Collectives.Tests;

public sealed class FailureTests
{
    private sealed class Owner : Tcp.ILinkOwner
    {
        public ISignal Signal { get; } = new LocalSignal();

        public List<string> Lost { get; } = [];

        public void OnLost(Tcp.PeerLink link, string reason, Exception? cause) => Lost.Add(reason);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_link_that_is_closed_before_it_begins_ends_without_an_exception(bool threaded)
    {
        // As when another link of the generation breaks while the links are started one by one.
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        var channel = new Tcp.Channels.PlainChannel(new Tcp.Channels.SocketWire(socket));
        Tcp.PeerLink link = threaded
            ? new Tcp.ThreadedLink(1, "w1", channel, Generation.Options, new Owner())
            : new Tcp.PolledLink(1, "w1", channel, channel.OpenStream()!, Generation.Options, new Owner());
        link.Close();
        link.Start();
        link.AwaitEnd();
    }

    private static List<Memory<float>> Partials(ICollective c) => [.. CanonicalTree.Cover(c.Plan.Members[c.Rank].Range, c.Plan.MicroShards).Select(_ => new Memory<float>(new float[100_000]))];

    [Fact]
    public void An_abort_breaks_the_own_operation_and_the_peers_lose_the_peer()
    {
        using var generation = Generation.Open(ShardRange.Even(3, 3));
        Generation.OnThreads(3, rank =>
        {
            var c = generation.Ranks[rank];
            if (rank == 2)
            {
                c.Abort("told to");
                Assert.Throws<CollectiveAbortedException>(() => c.Barrier());
                return;
            }

            // Rank 2 never takes part; whichever of the others notices first takes the connection to the rest down with it.
            var lost = Assert.Throws<PeerLostException>(() => c.AllReduce(Partials(c), new float[100_000]));
            Assert.NotEqual(rank, lost.Rank);
        });
    }

    [Fact]
    public void A_peer_that_leaves_early_is_lost_to_whoever_still_needs_it()
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2));
        generation.Ranks[1].Dispose();
        var lost = Assert.Throws<PeerLostException>(() => generation.Ranks[0].Barrier());
        Assert.Equal("w1", lost.Name);
    }

    [Fact]
    public void A_peer_that_has_finished_is_not_lost_when_it_goes()
    {
        for (var round = 0; round < 10; round++)
        {
            using var generation = Generation.Open(ShardRange.Even(3, 3));
            generation.Each(c =>
            {
                c.Barrier();
                c.Dispose();
            });
        }
    }

    [Fact]
    public void A_silent_peer_is_lost_and_named()
    {
        var lost = RawPeer.LoseSilent();
        Assert.Contains("silent", lost.Message, StringComparison.Ordinal);
        Assert.Contains("mute", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_that_was_not_expected_is_named()
    {
        using var listener = Generation.Listen();
        var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("odd", "127.0.0.1", 1, new ShardRange(1, 2))]);
        using var odd = RawPeer.Greet(listener.Port, plan, fromRank: 1, toRank: 0);
        using var collective = listener.Connect(plan, 0, CancellationToken.None);
        odd.Send([1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 127]); // data of operation 1, 2 GiB long
        var lost = Assert.Throws<PeerLostException>(() => collective.Barrier());
        Assert.Contains("expected", lost.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connecting_gives_up_with_the_missing_peer_s_name()
    {
        using var listener = Generation.Listen(Generation.Options with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("late", "127.0.0.1", 1, new ShardRange(1, 2))]);
        Assert.Equal("late", Assert.Throws<PeerLostException>(() => listener.Connect(plan, 0, CancellationToken.None)).Name);
    }

    [Fact]
    public void One_listener_serves_generation_after_generation()
    {
        using var a = Generation.Listen();
        using var b = Generation.Listen();
        for (var number = 1; number <= 20; number++)
        {
            var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2), number);
            Generation.OnThreads(2, rank =>
            {
                using var c = (rank == 0 ? a : b).Connect(plan, rank, CancellationToken.None);
                c.Barrier();
            });
        }
    }
}
