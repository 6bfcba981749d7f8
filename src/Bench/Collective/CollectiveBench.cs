using System.CommandLine;
using System.Text.Json;
using DyT.Config;

namespace DyT.Bench.Collective;

/// <summary>
/// <c>dyt bench collective</c>: all-reduce and its kin between real processes of this machine, which this one starts as copies of itself.
/// </summary>
public static class CollectiveBench
{
    public const string Name = "collective";

    public static Command Command()
    {
        var ranks = new Option<int[]>("--ranks") { Description = "Numbers of processes.", DefaultValueFactory = _ => [2, 4], AllowMultipleArgumentsPerToken = true };
        var bytes = new Option<int[]>("--bytes") { Description = "Sizes of the whole buffer, multiples of 4.", DefaultValueFactory = _ => [.. Sizes()], AllowMultipleArgumentsPerToken = true };
        var operations = new Option<CollectiveOperation[]>("--operations") { Description = "What to time.", DefaultValueFactory = _ => Enum.GetValues<CollectiveOperation>(), AllowMultipleArgumentsPerToken = true };
        var transports = new Option<DataTransport[]>("--transport") { Description = "By what way the data goes.", DefaultValueFactory = _ => [DataTransport.Tcp, DataTransport.Shm], AllowMultipleArgumentsPerToken = true };
        var wires = new Option<WireType[]>("--wire") { Description = "Numbers in which reductions go by TCP. Shared memory, all-gather and all-reduces of up to 32 KiB keep fp32.", DefaultValueFactory = _ => [WireType.Fp32], AllowMultipleArgumentsPerToken = true };
        var streams = new Option<int[]>("--streams") { Description = "TCP connections between two processes.", DefaultValueFactory = _ => [1], AllowMultipleArgumentsPerToken = true };
        var seconds = new Option<double>("--seconds") { Description = "Time for each figure.", DefaultValueFactory = _ => 0.5 };
        var json = new Option<bool>("--json") { Description = "Print each figure as a line of JSON, for scripts." };
        var command = new Command(Name, "All-reduce, reduce-scatter and all-gather between processes of this machine.") { ranks, bytes, operations, transports, wires, streams, seconds, json };
        command.SetAction(parse => Run(
            parse.GetValue(ranks)!,
            [
                .. from transport in parse.GetValue(transports)!
                   from wire in parse.GetValue(wires)!
                   from count in transport == DataTransport.Tcp ? parse.GetValue(streams)! : [1]
                   select new RankWork(parse.GetValue(operations)!, parse.GetValue(bytes)!, parse.GetValue(seconds), transport, wire, count),
            ],
            parse.GetValue(json)));
        return command;
    }

    private static int Run(int[] worlds, RankWork[] works, bool json)
    {
        if (works[0].Bytes.FirstOrDefault(b => b <= 0 || b % sizeof(float) != 0) is var odd and not 0)
            throw new UserErrorException($"--bytes {odd} is no positive multiple of {sizeof(float)}", UserErrorException.Usage);
        if (works.FirstOrDefault(w => w.Streams is < 1 or > ClusterConfig.MostStreams) is { Streams: var many })
            throw new UserErrorException($"--streams {many} is not within 1..{ClusterConfig.MostStreams}", UserErrorException.Usage);
        if (worlds.FirstOrDefault(w => w is < 2 or > 64) is var few and not 0)
            throw new UserErrorException($"--ranks {few} is not within 2..64", UserErrorException.Usage);

        var figures = new List<CollectiveFigure>();
        foreach (var (ranks, work) in worlds.SelectMany(_ => works, (ranks, work) => (ranks, work)))
        {
            using var group = new RankGroup(ranks, work);
            foreach (var figure in group.Figures())
            {
                figures.Add(figure);
                if (json)
                    Console.WriteLine(JsonSerializer.Serialize(figure, RankWork.Json));
            }
        }

        if (!json)
            Report.Print(Name, ["operation", "processes", "transport", "wire", "streams", "bytes", "median us", "GB/s", "samples"], figures.Select(Row));
        return 0;
    }

    private static string[] Row(CollectiveFigure f) =>
    [
        f.Operation.ToString(), f.Ranks.ToString(), f.Transport.ToString().ToLowerInvariant(), f.Wire.ToString().ToLowerInvariant(), f.Streams.ToString(), f.Bytes.ToString(), Report.Number(f.Microseconds, "0.0"),
        Report.Number(f.Bytes / f.Microseconds / 1e3), f.Samples.ToString(),
    ];

    /// <summary>4 KiB ... 64 MiB by powers of 4.</summary>
    private static IEnumerable<int> Sizes()
    {
        for (var bytes = 4 << 10; bytes <= 64 << 20; bytes *= 4)
            yield return bytes;
    }
}
