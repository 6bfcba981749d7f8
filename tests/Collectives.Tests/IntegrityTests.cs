using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Collectives.Tests;

/// <summary>What somebody on the way can do to sealed frames: break the connection, and nothing else.</summary>
public sealed class IntegrityTests
{
    private static readonly DataPlaneOptions Options = Generation.Options with { Security = DataSecurity.Integrity, Silence = TimeSpan.FromSeconds(2) };

    /// <summary>What rank 0 sees when rank 1 sends it small records through somebody's hands.</summary>
    private static PeerLostException? Exchange(Func<int, byte[], IEnumerable<byte[]>> pass)
    {
        using var a = Generation.Listen(Options);
        using var b = Generation.Listen(Options);
        using var proxy = new FrameProxy(a.Port, pass);
        var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2));
        var seen = plan with { Members = [plan.Members[0] with { Port = proxy.Port }, plan.Members[1]] };
        PeerLostException? lost = null;
        Generation.OnThreads(2, rank =>
        {
            using var c = (rank == 0 ? a : b).Connect(seen, rank, CancellationToken.None);
            try
            {
                for (var i = 0; i < 5; i++)
                    c.AllGather(new byte[] { (byte)rank, 7, 7, 7 }, new byte[8]);
            }
            catch (PeerLostException e)
            {
                if (rank == 0)
                    lost = e;
            }
        });
        return lost;
    }

    private static byte[] Flip(byte[] frame, Index at)
    {
        var changed = frame.ToArray();
        changed[at] ^= 1;
        return changed;
    }

    [Fact]
    public void Frames_that_are_left_alone_arrive() => Assert.Null(Exchange((_, frame) => [frame]));

    [Fact]
    public void A_changed_payload_loses_the_link() =>
        Assert.Contains("seal", Exchange((n, frame) => [n == 2 ? Flip(frame, 17) : frame])!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_changed_seal_loses_the_link() =>
        Assert.Contains("seal", Exchange((n, frame) => [n == 2 ? Flip(frame, ^1) : frame])!.Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)] // kind
    [InlineData(2)] // part
    [InlineData(4)] // operation
    [InlineData(8)] // offset
    [InlineData(15)] // length
    public void A_changed_header_loses_the_link(int at) => Assert.NotNull(Exchange((n, frame) => [n == 2 ? Flip(frame, at) : frame]));

    [Fact]
    public void A_repeated_frame_loses_the_link() => Assert.NotNull(Exchange((n, frame) => n == 2 ? [frame, frame] : [frame]));

    [Fact]
    public void A_left_out_frame_loses_the_link() => Assert.NotNull(Exchange((n, frame) => n == 2 ? [] : [frame]));

    [Fact]
    public void Another_order_loses_the_link()
    {
        byte[]? held = null;
        Assert.NotNull(Exchange((n, frame) =>
        {
            if (n == 0)
            {
                held = frame;
                return [];
            }

            return n == 1 ? [frame, held!] : [frame];
        }));
    }

    [Fact]
    public void An_earlier_payload_under_a_later_header_loses_the_link()
    {
        byte[]? earlier = null;
        // The frames' payloads and kinds are alike: nothing but the seal can tell.
        Assert.Contains("seal", Exchange((n, frame) =>
        {
            if (n == 0)
                earlier = frame;
            return [n == 2 ? [.. frame[..16], .. earlier![16..]] : frame];
        })!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_invented_goodbye_loses_the_link() =>
        Assert.Contains("seal", Exchange((n, frame) => n == 2 ? [[3, 0, .. new byte[14], .. new byte[16]]] : [frame])!.Message, StringComparison.Ordinal);

    [Fact]
    public void A_stream_cut_short_is_a_loss() =>
        Assert.NotNull(Exchange((n, frame) => n switch { < 2 => [frame], 2 => [frame[..^1]], _ => [] }));

    [Fact]
    public void A_peer_with_another_protection_is_lost_with_a_hint()
    {
        using var a = Generation.Listen(Options);
        using var b = Generation.Listen(Generation.Options with { Silence = TimeSpan.FromSeconds(2) });
        var plan = Generation.PlanFor([a, b], ShardRange.Even(2, 2));
        var reasons = new string[2];
        Generation.OnThreads(2, rank =>
        {
            using var c = (rank == 0 ? a : b).Connect(plan, rank, CancellationToken.None);
            reasons[rank] = Assert.Throws<PeerLostException>(() =>
            {
                for (var i = 0; i < 3; i++)
                    c.Barrier();
            }).Message;
        });
        Assert.Contains(reasons, r => r.Contains("cluster.security.data", StringComparison.Ordinal));
    }
}
