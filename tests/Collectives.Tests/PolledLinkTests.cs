using System.Net.Sockets;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>What the operation's own thread must get right now that it moves the bytes.</summary>
public sealed class PolledLinkTests
{
    private const int FrameHeaderBytes = 16;

    public static TheoryData<DataSecurity> Securities => [.. Enum.GetValues<DataSecurity>()];

    /// <summary>A generation of this rank and a peer written from the protocol's description, whose hello is done.</summary>
    private static (DataPlaneListener Listener, ICollective Collective, Socket Peer) WithRawPeer(DataPlaneOptions options)
    {
        var listener = Generation.Listen(options);
        var plan = new GenerationPlan("run", 1, 2, [new GenerationMember("w0", "127.0.0.1", listener.Port, new ShardRange(0, 1)), new GenerationMember("raw", "127.0.0.1", 1, new ShardRange(1, 2))]);
        var peer = RawPeer.Greet(listener.Port, plan, fromRank: 1, toRank: 0);
        return (listener, listener.Connect(plan, 0, CancellationToken.None), peer);
    }

    private static byte[] DataHeader(uint operation, int length) =>
        [1, 0, 0, 0, .. BitConverter.GetBytes(operation), 0, 0, 0, 0, .. BitConverter.GetBytes(length)];

    [Theory]
    [MemberData(nameof(Securities))]
    public void Both_sides_may_send_more_than_all_buffers_hold(DataSecurity security)
    {
        const int size = 5_000_000;
        using var generation = Generation.Open(
            ShardRange.Even(3, 3),
            Generation.Options with { SocketBufferBytes = 128 * 1024, ChunkBytes = 100_000, Security = security, Tls = security == DataSecurity.Tls ? Certificates.Worker : null });
        generation.Each(c =>
        {
            // Everyone queues all that it has before it looks at what comes.
            var own = Enumerable.Repeat((byte)(c.Rank + 1), size).ToArray();
            var all = new byte[3 * size];
            c.AllGather(own, all);
            Assert.All(Enumerable.Range(0, 3), r => Assert.False(all.AsSpan(r * size, size).ContainsAnyExcept((byte)(r + 1))));
        });
    }

    [Fact]
    public void A_peer_that_dies_while_the_caller_sends_to_it_is_lost()
    {
        var (listener, collective, peer) = WithRawPeer(Generation.Options with { SocketBufferBytes = 128 * 1024 });
        using (listener)
        using (collective)
        {
            var death = new Thread(() =>
            {
                RawPeer.Receive(peer, 1_000_000); // in the middle of a frame
                peer.Dispose(); // with bytes unread: a reset
            });
            death.Start();
            Assert.Equal("raw", Assert.Throws<PeerLostException>(() => collective.Broadcast(0, new byte[50_000_000])).Name);
            death.Join();
        }
    }

    [Fact]
    public void A_peer_that_falls_silent_in_the_middle_of_a_frame_is_lost()
    {
        var (listener, collective, peer) = WithRawPeer(RawPeer.Impatient);
        using (listener)
        using (collective)
        using (peer)
        {
            peer.Send([.. DataHeader(operation: 1, length: 1000), .. new byte[500]]);
            Assert.Contains("silent", Assert.Throws<PeerLostException>(() => collective.Broadcast(1, new byte[1000])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_frame_that_waits_for_the_caller_is_no_silence_but_the_caller_s_wait_for_its_rest_is()
    {
        var (listener, collective, peer) = WithRawPeer(RawPeer.Impatient);
        using (listener)
        using (collective)
        using (peer)
        {
            peer.Send(DataHeader(operation: 1, length: 1000));
            // Our heartbeats come every quarter of the silence: so many mean that it is long over.
            for (var i = 0; i < 6; i++)
                Assert.Equal(2, RawPeer.Receive(peer, FrameHeaderBytes)[0]);
            collective.ThrowIfBroken();
            Assert.Contains("silent", Assert.Throws<PeerLostException>(() => collective.Broadcast(1, new byte[1000])).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_caller_behind_a_bulk_frame_wakes_when_somebody_says_where_that_goes()
    {
        using var generation = Generation.Open(ShardRange.Even(2, 2));
        var (waits, other) = (generation.Ranks[0], generation.Ranks[1]);
        var data = Enumerable.Range(0, 10_000).Select(i => (float)i).ToArray();
        var arrived = new float[data.Length];
        Generation.OnThreads(3, thread =>
        {
            if (thread == 0)
            {
                waits.Barrier();
            }
            else if (thread == 1)
            {
                other.Await(other.SendBulk(0, data)); // gone, and before the barrier's byte
                other.Barrier();
            }
            else
            {
                // The third looks until the first is in the barrier, and has the bulk before it by then or later.
                Assert.True(SpinWait.SpinUntil(() => waits.Describe().Contains("w1", StringComparison.Ordinal), TimeSpan.FromSeconds(20)));
                waits.Await(waits.ReceiveBulk(1, arrived));
            }
        });
        Assert.Equal(data, arrived);
    }
}
