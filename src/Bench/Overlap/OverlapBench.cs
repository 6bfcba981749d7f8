using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using DyT.Config;
using DyT.Runs;

namespace DyT.Bench.Overlap;

/// <summary>
/// <c>dyt bench overlap</c>: what a second worker costs a step. One computing thread per worker: two workers on twice the sequences are held against one worker. Without communication their steps would last
/// equally long, but for what two processes on one machine take from each other (caches, memory); two lone workers side by side show how much that is.
/// </summary>
internal static class OverlapBench
{
    private const string Alone = "1 worker";

    public static Command Command()
    {
        var config = new Argument<string>("CONFIG") { Description = "Configuration of the runs.", DefaultValueFactory = _ => "configs/gpt-10m.yaml" };
        var sequences = new Option<int>("--sequences") { Description = "Of one worker per step, in one micro-batch.", DefaultValueFactory = _ => 4 };
        var turns = new Option<int>("--turns") { Description = "Runs of each kind, in turns.", DefaultValueFactory = _ => 5 };
        var steps = new Option<int>("--steps") { Description = "Steps of a run; the second half counts.", DefaultValueFactory = _ => 40 };
        var buckets = new Option<int[]>("--buckets") { Description = "Sizes of a gradient bucket in MiB to try beside the default.", DefaultValueFactory = _ => [], AllowMultipleArgumentsPerToken = true };
        var json = new Option<bool>("--json") { Description = "Print each run as a line of JSON, for scripts." };
        var command = new Command("overlap", "What a second worker costs a step, and how much of the communication goes on during backward.") { config, sequences, turns, steps, buckets, json };
        command.SetAction(parse => Run(
            new OverlapWork(parse.GetValue(config)!, parse.GetValue(sequences), parse.GetValue(steps)), parse.GetValue(turns), parse.GetValue(buckets)!, parse.GetValue(json)));
        return command;
    }

    private static int Run(OverlapWork work, int turns, int[] buckets, bool json)
    {
        if (turns < 1)
            throw new UserErrorException($"--turns {turns} is less than 1", UserErrorException.Usage);
        if (work.Steps < 4)
            throw new UserErrorException($"--steps {work.Steps} is less than 4, of which the second half counts", UserErrorException.Usage);
        if (work.Sequences < 1)
            throw new UserErrorException($"--sequences {work.Sequences} is less than 1", UserErrorException.Usage);

        (string What, Func<OverlapFigure> Run)[] contenders =
        [
            (Alone, () => work.Train(workers: 1)),
            ("1 worker, another one beside it", work.TrainSideBySide),
            ("2 workers", () => work.Train(workers: 2)),
            ("2 workers, cluster.overlap=always", () => work.Train(workers: 2, "cluster.overlap=always")),
            ("2 workers, cluster.overlap=never", () => work.Train(workers: 2, "cluster.overlap=never")),
            .. buckets.Distinct().Select(size => ($"2 workers, cluster.overlap=always, buckets of {size} MiB", (Func<OverlapFigure>)(() => work.Train(workers: 2, "cluster.overlap=always", $"cluster.bucket_mb={size}")))),
        ];
        var figures = contenders.ToDictionary(contender => contender.What, _ => new List<OverlapFigure>());
        for (var turn = 0; turn < turns; turn++)
        {
            var order = contenders.ToArray();
            Random.Shared.Shuffle(order);
            foreach (var (what, run) in order)
            {
                var figure = run();
                figures[what].Add(figure);
                if (json)
                    Console.WriteLine(JsonSerializer.Serialize(new { what, figure.Seconds, figure.Communication, figure.Hidden }, RunJson.Options));
            }
        }

        if (!json)
            Print(work, turns, contenders.Select(contender => (contender.What, OverlapFigure.Median(figures[contender.What]))).ToList());
        return 0;
    }

    private static void Print(OverlapWork work, int turns, IReadOnlyList<(string What, OverlapFigure Figure)> medians)
    {
        var alone = medians.Single(m => m.What == Alone).Figure.Seconds;
        Report.Print(
            $"overlap of {Path.GetFileName(work.Config)}, {work.Sequences} sequences a worker, {turns} turns of {work.Steps} steps",
            ["what", "step", "against 1 worker", "more", "reduction", "hidden"],
            medians.Select(m => (string[])
            [
                m.What,
                Report.Duration(m.Figure.Seconds),
                Report.Number(m.Figure.Seconds / alone, "0.000"),
                m.What == Alone ? "" : Report.Number((m.Figure.Seconds - alone) * 1e3, "0.0") + " ms",
                m.Figure.Communication > 0 ? Report.Duration(m.Figure.Communication) : "",
                m.Figure.Hidden?.ToString("P0", CultureInfo.InvariantCulture) ?? "",
            ]));
    }
}
