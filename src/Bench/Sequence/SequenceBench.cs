using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using DyT.Config;
using DyT.Training.Session;

namespace DyT.Bench;

/// <summary>
/// <c>dyt bench sequence</c>: memory and time per token of the 10M model with rotary positions over the length of one sequence, with and without recomputed
/// blocks. Each measurement has a process of its own: memory that a process ever had would count for all that follow.
/// </summary>
public static class SequenceBench
{
    private const int Shortest = 256;
    private const int Bytes = 256;

    /// <summary>What one process measured.</summary>
    private sealed record Result(double Seconds, double PeakBytes, double StateBytes);

    public static Command Command()
    {
        var longest = new Option<int>("--longest") { Description = "The greatest length; all doublings from 256.", DefaultValueFactory = _ => 8192 };
        var threads = new Option<int>("--threads") { Description = "Threads of the worker.", DefaultValueFactory = _ => Environment.ProcessorCount };
        var seconds = new Option<double>("--seconds") { Description = "Time for each measurement.", DefaultValueFactory = _ => 5 };
        var length = new Option<int?>("--length") { Description = "Measure this length alone, in this process, as JSON." };
        var recompute = new Option<RecomputeKind>("--recompute") { Description = "With --length: none or block." };
        var command = new Command("sequence", "Memory and time per token over the sequence's length.") { longest, threads, seconds, length, recompute };
        command.SetAction(parse =>
        {
            if (parse.GetValue(length) is { } one)
                Console.WriteLine(JsonSerializer.Serialize(Measure(one, parse.GetValue(recompute), parse.GetValue(threads), parse.GetValue(seconds))));
            else
                Print(parse.GetValue(longest), parse.GetValue(threads), parse.GetValue(seconds));
            return 0;
        });
        return command;
    }

    private static Result Measure(int length, RecomputeKind recompute, int threads, double seconds)
    {
        TorchSetup.Apply(threads);
        var config = new RunConfig
        {
            Model = Presets.Find("gpt-10m")!.Model with { Block = length, Vocab = Bytes, Position = PositionKind.Rope },
            Train = new TrainConfig { GlobalBatch = 1, MicroBatch = 1, Recompute = recompute },
        };
        using var step = new WorkerStep(config);
        using var process = Process.GetCurrentProcess();
        var state = process.WorkingSet64;
        var time = Interleaved.Measure([new Contender("step", () => step.Run())], TimeSpan.FromSeconds(seconds), least: 3)[0].Median;
        process.Refresh();
        return new Result(time, process.PeakWorkingSet64, state);
    }

    private static void Print(int longest, int threads, double seconds)
    {
        var rows = new List<string[]>();
        for (var length = Shortest; length <= longest; length *= 2)
        {
            var (none, block) = (InProcess(length, RecomputeKind.None, threads, seconds), InProcess(length, RecomputeKind.Block, threads, seconds));
            rows.Add(
            [
                $"{length}", PerToken(none, length), PerToken(block, length), Report.Number(block.Seconds / none.Seconds), OfStep(none), OfStep(block),
                Report.Number((block.PeakBytes - block.StateBytes) / (none.PeakBytes - none.StateBytes)),
            ]);
        }

        Report.Print(
            $"10M model, rope, one sequence, {threads} thread(s); memory beyond the process with weights and moments",
            ["T", "per token", "recompute block", "ratio", "memory", "recompute block", "ratio"],
            rows);
    }

    private static string PerToken(Result result, int length) => Report.Duration(result.Seconds / length);

    private static string OfStep(Result result) => Report.Number((result.PeakBytes - result.StateBytes) / 1e6, "0") + " MB";

    private static Result InProcess(int length, RecomputeKind recompute, int threads, double seconds)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        string[] arguments =
        [
            "exec", typeof(SequenceBench).Assembly.Location, "sequence", "--length", $"{length}", "--recompute", $"{recompute}", "--threads", $"{threads}",
            "--seconds", Report.Number(seconds),
        ];
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<Result>(output)!
            : throw new UserErrorException($"the measurement of {length} tokens ended with code {process.ExitCode}");
    }
}
