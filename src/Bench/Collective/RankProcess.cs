using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using DyT.Collectives;
using DyT.Collectives.Shared;
using DyT.Collectives.Tcp;
using DyT.Config;

namespace DyT.Bench.Collective;

/// <summary>One process of <see cref="RankGroup"/>; not for people.</summary>
internal static class RankProcess
{
    public const string Name = "collective-rank";
    private const int LeastSamples = 7;
    private const int MostSamples = 20_000;

    public static Command Command()
    {
        var transport = new Argument<DataTransport>("transport");
        var wire = new Argument<WireType>("wire");
        var streams = new Argument<int>("streams");
        var command = new Command(Name, "A process of the collective benchmark.") { transport, wire, streams };
        command.Hidden = true;
        command.SetAction(parse => Run(parse.GetValue(transport), parse.GetValue(wire), parse.GetValue(streams)));
        return command;
    }

    private static int Run(DataTransport transport, WireType wire, int streams)
    {
        // The secret only has to be the same in all: nobody else is meant to connect for the seconds that this lasts.
        using var arena = new SharedArena(); // as the gradients of a training stand in one
        var options = new DataPlaneOptions { Transport = transport, Wire = wire, Streams = streams, Arena = arena };
        using var listener = new DataPlaneListener("127.0.0.1", 0, new DataPlaneIdentity("bench", new byte[32]), options);
        Console.WriteLine(listener.Port);
        var order = JsonSerializer.Deserialize<RankOrder>(Console.ReadLine() ?? throw new UserErrorException("no order came", UserErrorException.Failure), RankWork.Json)!;
        var floats = order.Work.Bytes.Max() / sizeof(float);
        arena.Reserve(1, floats);
        var memory = arena.TryAllocate(floats) ?? new float[floats];
        new Thread(EndWithInput) { IsBackground = true }.Start();

        var ranges = ShardRange.Even(order.Ports.Length, order.Ports.Length);
        var plan = new GenerationPlan("bench", 1, ranges.Length, [.. order.Ports.Select((port, i) => new GenerationMember($"r{i}", "127.0.0.1", port, ranges[i]))]);
        using var collective = listener.Connect(plan, order.Rank, CancellationToken.None);
        foreach (var operation in order.Work.Operations)
        {
            foreach (var bytes in order.Work.Bytes)
            {
                var (microseconds, samples) = Measure(collective, operation, memory[..(bytes / sizeof(float))], order.Work.Seconds);
                if (order.Rank == 0)
                    Console.WriteLine(JsonSerializer.Serialize(new CollectiveFigure(operation, ranges.Length, transport, wire, streams, bytes, microseconds, samples), RankWork.Json));
            }
        }

        return 0;
    }

    private static void EndWithInput()
    {
        while (Console.ReadLine() is not null)
        {
        }

        Environment.Exit(UserErrorException.Failure);
    }

    /// <summary>The median over executions of the slowest rank's time, and how many executions there were.</summary>
    private static (double Microseconds, int Samples) Measure(ICollective collective, CollectiveOperation operation, Memory<float> buffer, double seconds)
    {
        // Zeros: in place, so that the sums of many rounds neither grow nor become subnormal. Written once, so that every page is there.
        buffer.Span.Clear();
        var (start, end) = Slicing.Of(buffer.Length, collective.Rank, collective.WorldSize);
        var partials = new Memory<float>[] { buffer };
        Action run = operation switch
        {
            CollectiveOperation.AllReduce => () => collective.AllReduce(partials, buffer),
            CollectiveOperation.ReduceScatter => () => collective.ReduceScatter(partials, buffer.Length, buffer[start..end]),
            _ => () => collective.AllGather(buffer),
        };

        Repeat(collective, run, seconds / 4, 3); // warms up
        var times = Repeat(collective, run, seconds, LeastSamples);
        return (Interleaved.Median(Slowest(collective, times)), times.Length);
    }

    /// <summary>Microseconds of each execution; rank 0's clock decides how many there are.</summary>
    private static double[] Repeat(ICollective collective, Action run, double seconds, int least)
    {
        var times = new List<double>();
        var go = new byte[1];
        for (var begin = Stopwatch.GetTimestamp(); ;)
        {
            go[0] = (byte)(times.Count < least || (times.Count < MostSamples && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds) ? 1 : 0);
            collective.Broadcast(0, go);
            if (go[0] == 0)
                return [.. times];
            collective.Barrier();
            var start = Stopwatch.GetTimestamp();
            run();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
    }

    private static IEnumerable<double> Slowest(ICollective collective, double[] times)
    {
        var all = new byte[times.Length * sizeof(double) * collective.WorldSize];
        collective.AllGather(MemoryMarshal.AsBytes(times.AsSpan()).ToArray(), all);
        var ranks = MemoryMarshal.Cast<byte, double>(all).ToArray();
        return Enumerable.Range(0, times.Length).Select(i => Enumerable.Range(0, collective.WorldSize).Max(r => ranks[r * times.Length + i]));
    }
}
