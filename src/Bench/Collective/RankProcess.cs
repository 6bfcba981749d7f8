using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using DyT.Collectives;
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
        var command = new Command(Name, "A process of the collective benchmark.") { Hidden = true };
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        // The secret only has to be the same in all: nobody else is meant to connect for the seconds that this lasts.
        using var listener = new DataPlaneListener("127.0.0.1", 0, new DataPlaneIdentity("bench", new byte[32]), new DataPlaneOptions());
        Console.WriteLine(listener.Port);
        var order = JsonSerializer.Deserialize<RankOrder>(Console.ReadLine() ?? throw new UserErrorException("no order came", UserErrorException.Failure), RankWork.Json)!;
        new Thread(EndWithInput) { IsBackground = true }.Start();

        var ranges = ShardRange.Even(order.Ports.Length, order.Ports.Length);
        var plan = new GenerationPlan("bench", 1, ranges.Length, [.. order.Ports.Select((port, i) => new GenerationMember($"r{i}", "127.0.0.1", port, ranges[i]))]);
        using var collective = listener.Connect(plan, order.Rank, CancellationToken.None);
        foreach (var operation in order.Work.Operations)
        {
            foreach (var bytes in order.Work.Bytes)
            {
                var figure = Measure(collective, operation, bytes, order.Work.Seconds);
                if (order.Rank == 0)
                    Console.WriteLine(JsonSerializer.Serialize(figure, RankWork.Json));
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

    private static CollectiveFigure Measure(ICollective collective, CollectiveOperation operation, int bytes, double seconds)
    {
        // Zeros: in place, so that the sums of many rounds neither grow nor become subnormal. Written once, so that every page is there.
        var buffer = GC.AllocateUninitializedArray<float>(bytes / sizeof(float), pinned: true);
        Array.Clear(buffer);
        var (start, end) = Slicing.Of(buffer.Length, collective.Rank, collective.WorldSize);
        var partials = new Memory<float>[] { buffer };
        Action run = operation switch
        {
            CollectiveOperation.AllReduce => () => collective.AllReduce(partials, buffer),
            CollectiveOperation.ReduceScatter => () => collective.ReduceScatter(partials, buffer.Length, buffer.AsMemory(start, end - start)),
            _ => () => collective.AllGather(buffer),
        };

        // A fifth of the time is for warming up; what it takes decides how many samples there are, and rank 0's word counts.
        var warm = 0;
        for (var begin = Stopwatch.GetTimestamp(); Agree(collective, warm < 3 || Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds / 5 ? 1 : 0) > 0; warm++)
            run();
        var samples = Agree(collective, Math.Clamp(warm * 4, LeastSamples, MostSamples));
        var times = new double[samples];
        for (var i = 0; i < samples; i++)
        {
            collective.Barrier();
            var begin = Stopwatch.GetTimestamp();
            run();
            times[i] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
        }

        return new CollectiveFigure(operation, collective.WorldSize, "tcp", bytes, Interleaved.Median(Slowest(collective, times)), samples);
    }

    private static int Agree(ICollective collective, int own)
    {
        Span<int> value = [own];
        var bytes = MemoryMarshal.AsBytes(value).ToArray();
        collective.Broadcast(0, bytes);
        return BitConverter.ToInt32(bytes);
    }

    private static IEnumerable<double> Slowest(ICollective collective, double[] times)
    {
        var own = MemoryMarshal.AsBytes(times.AsSpan()).ToArray();
        var all = new byte[own.Length * collective.WorldSize];
        collective.AllGather(own, all);
        var ranks = MemoryMarshal.Cast<byte, double>(all).ToArray();
        return Enumerable.Range(0, times.Length).Select(i => Enumerable.Range(0, collective.WorldSize).Max(r => ranks[r * times.Length + i]));
    }
}
