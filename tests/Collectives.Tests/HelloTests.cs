using System.Diagnostics;
using System.Net.Sockets;
using DyT.Collectives.Tcp;

namespace DyT.Collectives.Tests;

/// <summary>Garbage, strangers and stale workers: each closes its own connection only.</summary>
public sealed class HelloTests
{
    private static void WaitForRefusals(DataPlaneListener listener, long count)
    {
        var begin = Stopwatch.GetTimestamp();
        Assert.True(SpinWait.SpinUntil(() => listener.RefusedConnections >= count, TimeSpan.FromSeconds(20)), $"only {listener.RefusedConnections} of {count} were refused after {Stopwatch.GetElapsedTime(begin)}");
    }

    private static void StillWorks(DataPlaneListener listener)
    {
        using var other = Generation.Listen();
        var plan = Generation.PlanFor([listener, other], ShardRange.Even(2, 2), number: 99);
        Generation.OnThreads(2, rank =>
        {
            using var c = (rank == 0 ? listener : other).Connect(plan, rank, CancellationToken.None);
            c.Barrier();
        });
    }

    [Fact]
    public void Garbage_is_refused_and_counted_and_harms_nobody()
    {
        using var listener = Generation.Listen(Generation.Options with { HelloTimeout = TimeSpan.FromMilliseconds(500) });
        var random = new Random(5);
        for (var i = 0; i < 40; i++)
        {
            using var socket = RawPeer.Connect(listener.Port);
            var bytes = new byte[random.Next(0, 300)];
            random.NextBytes(bytes);
            try
            {
                socket.Send(bytes);
            }
            catch (SocketException)
            {
                // It was quicker to refuse than we to send.
            }
        }

        WaitForRefusals(listener, 40);
        StillWorks(listener);
    }

    [Fact]
    public void Whoever_says_nothing_is_closed_after_the_hello_time_out()
    {
        using var listener = Generation.Listen(Generation.Options with { HelloTimeout = TimeSpan.FromMilliseconds(300) });
        using var silent = RawPeer.Connect(listener.Port);
        Assert.Empty(RawPeer.Receive(silent, 1));
        WaitForRefusals(listener, 1);
    }

    [Fact]
    public void Another_run_gets_no_answer()
    {
        using var listener = Generation.Listen();
        using var socket = RawPeer.Connect(listener.Port);
        socket.Send(RawPeer.Hello(1, 1, 0, run: "another"));
        Assert.Empty(RawPeer.Receive(socket, 64));
    }

    [Fact]
    public void A_wrong_proof_is_refused()
    {
        using var listener = Generation.Listen();
        using var socket = RawPeer.Connect(listener.Port);
        var hello = RawPeer.Hello(1, 1, 0);
        socket.Send(hello);
        var answer = RawPeer.Receive(socket, 64);
        socket.Send(answer[32..]); // the listener's own proof, reflected
        Assert.Empty(RawPeer.Receive(socket, 1));
        WaitForRefusals(listener, 1);
    }

    [Fact]
    public void A_recorded_proof_is_of_no_use_again()
    {
        using var listener = Generation.Listen();
        var hello = RawPeer.Hello(1, 1, 0);
        using var first = RawPeer.Connect(listener.Port);
        first.Send(hello);
        var proof = RawPeer.Proof(Generation.Secret, "dialler", hello, RawPeer.Receive(first, 64)[..32]);
        first.Send(proof);
        Assert.Equal([1], RawPeer.Receive(first, 1));

        using var replay = RawPeer.Connect(listener.Port);
        replay.Send(hello);
        Assert.Equal(64, RawPeer.Receive(replay, 64).Length);
        replay.Send(proof);
        Assert.Empty(RawPeer.Receive(replay, 1));
    }

    [Fact]
    public void A_stale_generation_is_told_so()
    {
        using var listener = Generation.Listen();
        StillWorks(listener); // now at generation 99
        using var socket = RawPeer.Connect(listener.Port);
        var hello = RawPeer.Hello(98, 1, 0);
        socket.Send(hello);
        var answer = RawPeer.Receive(socket, 64);
        socket.Send(RawPeer.Proof(Generation.Secret, "dialler", hello, answer[..32]));
        Assert.Equal([2], RawPeer.Receive(socket, 1));
    }

    [Fact]
    public void A_dialler_with_another_secret_is_turned_away_with_a_sentence()
    {
        using var honest = Generation.Listen();
        using var impostor = Generation.Listen(secret: new byte[32]);
        var plan = Generation.PlanFor([honest, impostor], ShardRange.Even(2, 2));
        var lost = Assert.Throws<PeerLostException>(() => impostor.Connect(plan, 1, CancellationToken.None));
        Assert.Contains("secret", lost.Message, StringComparison.Ordinal);
    }
}
