using System.Diagnostics;
using System.Net.Sockets;
using DyT.Cli.Chaos;

namespace DyT.Cli.Tests.Chaos;

public sealed class LinkProxyTests
{
    private static byte[] Noise(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static void AssertReset(Socket socket)
    {
        var error = Assert.Throws<SocketException>(() => ReadToEnd(socket));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    // What was under way before a reset may still be read.
    private static void ReadToEnd(Socket socket)
    {
        var buffer = new byte[1 << 16];
        while (socket.Receive(buffer) > 0)
            continue;
    }

    private static void AssertEmpty(LinkProxy proxy) =>
        Assert.True(SpinWait.SpinUntil(() => proxy.Connections == 0, TimeSpan.FromSeconds(10)), $"{proxy.Connections} connections are left");

    [Fact]
    public async Task Bytes_pass_unchanged_in_both_directions_at_once()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        var (there, back) = (Noise(20 << 20), Noise(15 << 20, 2));
        var sendThere = Task.Run(() => peer.Send(there));
        var sendBack = Task.Run(() => worker.Send(back));
        var receiveThere = Task.Run(() => ProxiedLink.Receive(worker, there.Length));
        Assert.Equal(back, ProxiedLink.Receive(peer, back.Length));
        Assert.Equal(there, await receiveThere);
        await Task.WhenAll(sendThere, sendBack);
        peer.Dispose();
        Assert.Equal(0, worker.Receive(new byte[1]));
        worker.Dispose();
        AssertEmpty(link.Proxy);
    }

    [Fact]
    public void One_side_may_end_while_the_other_goes_on()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        peer.Send([1, 2, 3]);
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal([1, 2, 3], ProxiedLink.Receive(worker, 3));
        Assert.Equal(0, worker.Receive(new byte[1]));
        worker.Send([4]);
        Assert.Equal([4], ProxiedLink.Receive(peer, 1));
        worker.Dispose();
        Assert.Equal(0, peer.Receive(new byte[1]));
        peer.Dispose();
        AssertEmpty(link.Proxy);
    }

    [Fact]
    public void Whoever_comes_before_the_worker_is_known_waits()
    {
        using var link = new ProxiedLink(known: false);
        using var peer = link.Dial();
        peer.Send([7]);
        link.Tell();
        using var worker = link.Accept();
        Assert.Equal([7], ProxiedLink.Receive(worker, 1));
    }

    [Fact]
    public void A_worker_that_is_not_there_is_a_reset()
    {
        using var link = new ProxiedLink();
        int port;
        using (var gone = new LinkProxy(System.Net.IPAddress.Loopback))
            port = gone.EndPoint.Port;
        link.Proxy.ForwardTo("127.0.0.1", port);
        using var peer = link.Dial();
        AssertReset(peer);
        AssertEmpty(link.Proxy);
    }

    [Fact]
    public void A_worker_that_resets_its_connection_resets_the_peers()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        worker.Close(0);
        AssertReset(peer);
        AssertEmpty(link.Proxy);
    }

    [Fact]
    public void A_cut_resets_every_connection_on_both_sides_and_welcomes_new_ones()
    {
        using var link = new ProxiedLink();
        var connections = Enumerable.Range(0, 5).Select(_ => link.Connect()).ToArray();
        Assert.Equal(5, link.Proxy.Cut());
        foreach (var (peer, worker) in connections)
        {
            AssertReset(peer);
            AssertReset(worker);
        }

        AssertEmpty(link.Proxy);
        var (again, there) = link.Connect();
        again.Send([1]);
        Assert.Equal([1], ProxiedLink.Receive(there, 1));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("paused")]
    [InlineData("throttled")]
    [InlineData("delayed")]
    [InlineData("unknown")]
    public void A_cut_frees_what_waits(string state)
    {
        using var link = new ProxiedLink(known: state != "unknown");
        using var peer = link.Dial();
        using var worker = state == "unknown" ? null : link.Accept();
        if (state == "paused")
            link.Proxy.Pause();
        if (state == "throttled")
            link.Proxy.Throttle(1);
        if (state == "delayed")
            link.Proxy.Delay(TimeSpan.FromMinutes(1));
        peer.Blocking = false;
        // Nobody receives, so that in the end every buffer on the way is full.
        var begin = Stopwatch.GetTimestamp();
        while (peer.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectWrite))
        {
            peer.Send(new byte[1 << 20], 0, 1 << 20, SocketFlags.None, out _);
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), "the buffers on the way have no end");
        }

        peer.Blocking = true;
        Assert.Equal(1, link.Proxy.Cut());
        AssertReset(peer);
        AssertEmpty(link.Proxy);
    }

    [Fact]
    public void A_silent_link_loses_nothing()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        link.Proxy.Pause();
        peer.Send([1, 2]);
        worker.Send([3, 4]);
        using var late = link.Dial();
        late.Send([5]);
        Assert.True(ProxiedLink.IsSilent(worker, 300) && ProxiedLink.IsSilent(peer, 1));
        peer.Shutdown(SocketShutdown.Send);
        Assert.True(ProxiedLink.IsSilent(worker, 100), "even the end is not heard of");
        link.Proxy.Resume();
        Assert.Equal([1, 2], ProxiedLink.Receive(worker, 2));
        Assert.Equal([3, 4], ProxiedLink.Receive(peer, 2));
        Assert.Equal(0, worker.Receive(new byte[1]));
        using var lateWorker = link.Accept();
        Assert.Equal([5], ProxiedLink.Receive(lateWorker, 1));
    }

    [Fact]
    public async Task A_throttled_link_keeps_its_rate_over_all_connections_and_gets_its_speed_back()
    {
        using var link = new ProxiedLink();
        var connections = Enumerable.Range(0, 2).Select(_ => link.Connect()).ToArray();
        link.Proxy.Throttle(4 << 20);
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(connections.SelectMany(c => (Task[])[Task.Run(() => c.Peer.Send(new byte[1 << 20])), Task.Run(() => ProxiedLink.Receive(c.Worker, 1 << 20))]));
        // 2 MiB at 4 MiB/s; the machine may be slow besides.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.4, 5);

        link.Proxy.Throttle(100);
        var (peer, worker) = connections[0];
        var bytes = Noise(8 << 20);
        var sending = Task.Run(() => peer.Send(bytes));
        Assert.True(ProxiedLink.IsSilent(worker, 1) || worker.Available < 1000);
        link.Proxy.Throttle(null);
        Assert.Equal(bytes, ProxiedLink.Receive(worker, bytes.Length));
        await sending;
    }

    [Fact]
    public async Task A_delay_costs_latency_and_not_bandwidth_and_keeps_the_order()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        link.Proxy.Delay(TimeSpan.FromMilliseconds(150));
        var watch = Stopwatch.StartNew();
        peer.Send([1]);
        Assert.Equal([1], ProxiedLink.Receive(worker, 1));
        worker.Send([2]);
        Assert.Equal([2], ProxiedLink.Receive(peer, 1));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.3, 3);

        var bytes = Noise(48 << 20);
        watch.Restart();
        var sending = Task.Run(() => peer.Send(bytes));
        var half = ProxiedLink.Receive(worker, bytes.Length / 2);
        // The rest overtakes nothing although it need not wait any more.
        link.Proxy.Delay(TimeSpan.Zero);
        Assert.Equal(bytes, (byte[])[.. half, .. ProxiedLink.Receive(worker, bytes.Length - half.Length)]);
        await sending;
        // Chunk by chunk it would be 96 chunks of 150 ms.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.15, 5);
    }

    [Fact]
    public void Half_of_a_delayed_connection_ends_after_its_last_byte()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        link.Proxy.Delay(TimeSpan.FromMilliseconds(100));
        peer.Send(Noise(1000));
        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(Noise(1000), ProxiedLink.Receive(worker, 1000));
        Assert.Equal(0, worker.Receive(new byte[1]));
    }

    [Fact]
    public async Task Anything_at_any_time_neither_corrupts_nor_hangs()
    {
        using var link = new ProxiedLink();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        var meddling = Task.Run(() =>
        {
            var random = new Random(1);
            while (!stop.IsCancellationRequested)
            {
                switch (random.Next(6))
                {
                    case 0:
                        link.Proxy.Pause();
                        break;
                    case 1:
                        link.Proxy.Throttle(random.Next(1 << 20, 64 << 20));
                        break;
                    case 2:
                        link.Proxy.Throttle(null);
                        break;
                    case 3:
                        link.Proxy.Delay(TimeSpan.FromMilliseconds(random.Next(20)));
                        break;
                    case 4 when random.Next(10) == 0:
                        link.Proxy.Cut();
                        break;
                    default:
                        link.Proxy.Resume();
                        break;
                }

                stop.Token.WaitHandle.WaitOne(random.Next(4));
            }

            link.Proxy.Resume();
            link.Proxy.Throttle(null);
            link.Proxy.Delay(TimeSpan.Zero);
        });
        long passed = 0;
        var cut = 0;
        while (!stop.IsCancellationRequested)
        {
            using var peer = link.Dial();
            Socket? worker = null;
            try
            {
                // A cut before the worker was dialled shows on the peer's side only.
                while (worker is null)
                    worker = link.HasArrival(20) ? link.Accept() : peer.Poll(0, SelectMode.SelectRead) ? throw new SocketException() : null;
                for (var i = 0; i < 50 && !stop.IsCancellationRequested; i++)
                {
                    var bytes = Noise(100_000, i);
                    var sending = Task.Run(() => peer.Send(bytes));
                    Assert.Equal(bytes, ProxiedLink.Receive(worker, bytes.Length));
                    await sending;
                    passed += bytes.Length;
                }
            }
            catch (SocketException)
            {
                cut++;
            }
            finally
            {
                worker?.Dispose();
            }
        }

        await meddling;
        AssertEmpty(link.Proxy);
        Assert.True(passed > 0, $"nothing passed in {cut} connections");
    }

    [Fact]
    public void Nothing_is_left_after_many_connections()
    {
        using var link = new ProxiedLink();
        static int Handles() => Directory.GetFiles("/proc/self/fd").Length;
        static int Threads() => Directory.GetDirectories("/proc/self/task").Length;
        void Round(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var (peer, worker) = link.Connect();
                peer.Send([1]);
                ProxiedLink.Receive(worker, 1);
                if (i % 3 == 0)
                    link.Proxy.Cut();
                peer.Dispose();
                worker.Dispose();
            }

            AssertEmpty(link.Proxy);
        }

        Round(20);
        var (handles, threads) = (Handles(), Threads());
        Round(200);
        // Other tests run beside this one: far fewer than 200 connections would leave.
        Assert.True(SpinWait.SpinUntil(() => Handles() < handles + 60 && Threads() < threads + 60, TimeSpan.FromSeconds(10)), $"{handles} -> {Handles()} handles, {threads} -> {Threads()} threads");
    }

    [Fact]
    public void Disposing_resets_what_is_open_and_closes_the_port()
    {
        var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        using var waiting = link.Dial();
        link.Dispose();
        AssertReset(peer);
        AssertReset(worker);
        Assert.Equal(0, link.Proxy.Connections);
        Assert.Throws<SocketException>(() => link.Dial());
    }

    [Fact]
    public async Task Left_alone_it_forwards_a_gigabyte_in_about_a_second()
    {
        using var link = new ProxiedLink();
        var (peer, worker) = link.Connect();
        const long Total = 2L << 30;
        var watch = Stopwatch.StartNew();
        var sending = Task.Run(() =>
        {
            var chunk = new byte[1 << 20];
            for (long sent = 0; sent < Total; sent += chunk.Length)
            {
                for (var at = 0; at < chunk.Length;)
                    at += peer.Send(chunk, at, chunk.Length - at, SocketFlags.None);
            }
        });
        var buffer = new byte[1 << 20];
        for (long received = 0; received < Total;)
            received += worker.Receive(buffer);
        await sending;
        var rate = Total / watch.Elapsed.TotalSeconds / 1e9;
        TestContext.Current.TestOutputHelper?.WriteLine($"{rate:0.00} GB/s");
        // Two cores, shared with other tests: the measured rate is in the output, the bound only catches a proxy that is ten times too slow.
        Assert.True(rate > 0.2, $"{rate:0.00} GB/s");
    }
}
