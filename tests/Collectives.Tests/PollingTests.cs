using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using DyT.Collectives.Tcp;
using DyT.Collectives.Tcp.Channels;
using DyT.Collectives.Tcp.Polling;

namespace DyT.Collectives.Tests;

public sealed class PollingTests
{
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private static (Socket From, Socket To) Pair(int bufferBytes)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Server.ReceiveBufferSize = bufferBytes;
        listener.Start();
        var from = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = bufferBytes, NoDelay = true };
        from.Connect(listener.LocalEndpoint);
        return (from, listener.AcceptSocket());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Frames_arrive_whole_whatever_pieces_the_connection_takes(bool isSealed) =>
        Gen.Int[0, 300_000].Array[1, 12].Sample(
            lengths =>
            {
                var key = new byte[FrameSeal.KeyBytes];
                var (from, to) = Pair(bufferBytes: 64 * 1024);
                using var sender = from;
                using var receiver = to;
                var writer = new FrameWriter(from.SafeHandle, isSealed ? new FrameSeal(key) : null);
                var reader = new FrameReader(to.SafeHandle, isSealed ? new FrameSeal(key) : null);
                var sent = lengths.Select((length, i) => Enumerable.Repeat((byte)(i + 1), length).ToArray()).ToArray();
                var next = 0;
                for (var received = 0; received < lengths.Length;)
                {
                    if (writer.IsIdle && next < lengths.Length)
                    {
                        writer.Begin(new Frame(FrameKind.Data, 0, 1, (uint)next, (uint)lengths[next]), new Payload(sent[next].AsMemory()));
                        next++;
                    }

                    if (!writer.IsIdle)
                        writer.Send();
                    if (reader.NeedsPlace)
                        reader.Place(new Payload(new byte[reader.Frame.Length].AsMemory()));
                    if (!reader.IsComplete)
                        Assert.NotEqual(0, reader.Receive());
                    if (!reader.IsComplete)
                        continue;
                    Assert.Equal((uint)received, reader.Frame.Offset);
                    Assert.Equal((uint)lengths[received], reader.Frame.Length);
                    Assert.False(reader.Payload.Span.ContainsAnyExcept((byte)(received + 1)));
                    reader.Finish();
                    received++;
                }
            },
            iter: 20,
            threads: 1);

    [Fact]
    public void A_frame_that_was_changed_on_the_way_is_refused()
    {
        var (from, to) = Pair(bufferBytes: 65536);
        using var sender = from;
        using var receiver = to;
        using var seal = new FrameSeal(new byte[FrameSeal.KeyBytes]);
        var frame = new byte[Frame.HeaderBytes + 4 + FrameSeal.Bytes];
        new Frame(FrameKind.Data, 0, 1, 0, 4).Write(frame);
        seal.Next(frame.AsSpan(0, Frame.HeaderBytes), frame.AsSpan(Frame.HeaderBytes, 4), frame.AsSpan(Frame.HeaderBytes + 4));
        frame[Frame.HeaderBytes] ^= 1;
        from.Send(frame);
        var reader = new FrameReader(to.SafeHandle, new FrameSeal(new byte[FrameSeal.KeyBytes]));
        while (!reader.IsComplete)
        {
            if (reader.NeedsPlace)
                reader.Place(new Payload(new byte[4].AsMemory()));
            Assert.NotEqual(0, reader.Receive());
        }

        Assert.Throws<DataChannelException>(reader.Finish);
    }

    [Theory]
    [InlineData(false, 60, false)] // nothing is on its way: nobody owes an answer
    [InlineData(true, 4, false)]
    [InlineData(true, 6, true)]
    public void A_host_is_overdue_when_it_owes_an_acknowledgement_for_longer_than_silence(bool isAwaited, int seconds, bool overdue) =>
        Assert.Equal(overdue, new Acknowledgement(isAwaited, TimeSpan.FromSeconds(seconds)).IsOverdue(Silence));

    [Fact]
    public void A_host_that_lives_owes_nothing_even_when_its_process_takes_nothing()
    {
        var (from, to) = Pair(bufferBytes: 64 * 1024);
        using var sender = from;
        using var receiver = to;
        from.Blocking = false;
        for (var sent = 1; sent > 0;)
            sent = from.Send(new byte[65536], SocketFlags.None, out _);
        Assert.True(SpinWait.SpinUntil(() => !Acknowledgement.Of(from).IsAwaited, TimeSpan.FromSeconds(20)), "unacknowledged though the window is closed");
        Assert.InRange(Acknowledgement.Of(from).Age, TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void A_waker_wakes_the_wait_that_comes_after_it_once()
    {
        using var waker = new Waker();
        var set = new PollSet(waker, connections: 0);
        waker.Ring();
        waker.Ring();
        set.Wait(Timeout.Infinite); // returns
        var items = new[] { new PollItem { Descriptor = (int)waker.Handle.DangerousGetHandle(), Events = PollEvents.Readable } };
        SystemCalls.Poll(items, 0);
        Assert.Equal(PollEvents.None, items[0].Came);
    }

    [Fact]
    public void Connections_inside_the_machine_are_not_paced()
    {
        using var unpaced = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        Loopback.Unpace(unpaced);
        var name = new byte[16];
        Assert.Equal("reno", Encoding.ASCII.GetString(name, 0, unpaced.GetRawSocketOption(6, 13, name)).TrimEnd('\0'));
        Assert.True(Loopback.Is("localhost") && Loopback.Is("127.0.0.1") && Loopback.Is("::1"));
        Assert.False(Loopback.Is("10.0.0.1") || Loopback.Is("worker-1.workers"));
    }

    [Fact]
    public void Vain_looks_get_shorter_until_a_probe_pays()
    {
        var most = (long)(LookingAgain.Longest.TotalSeconds * Stopwatch.Frequency);
        var looking = new LookingAgain();
        long now = 1;

        // A wait of so many ticks; how long it was looked.
        long Wait(long ticks)
        {
            var looked = 0L;
            while (looked < ticks && looking.Again(now + looked))
                looked++;
            now += ticks;
            looking.Found();
            return looked;
        }

        Assert.Equal(most, Wait(2 * most));
        Assert.Equal(most / 2, Wait(2 * most));
        Assert.Equal(most / 4, Wait(2 * most));
        for (var wait = 4; wait < LookingAgain.ProbeEvery; wait++)
            Wait(2 * most);
        Assert.Equal(most, Wait(2 * most)); // a probe, in vain
        for (var wait = 1; wait < LookingAgain.ProbeEvery; wait++)
            Wait(2 * most);
        Assert.Equal(most / 2, Wait(most / 2)); // a probe that pays
        Assert.Equal(most, Wait(2 * most));
    }
}
