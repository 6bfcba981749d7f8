using System.Text;
using System.Text.Json;
using DyT.Config;
using DyT.Coordinator;
using DyT.Fuzz.Tests.Engine;
using DyT.Runs;
using DyT.Runs.Tracing;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>What processes tell each other by lines of JSON.</summary>
internal static class RunTargets
{
    internal static StepMetrics Metrics => new()
    {
        Step = 5, Generation = 2, WorldSize = 3, Loss = 2.5, LearningRate = 1e-3, GradNorm = double.NaN, Tokens = 1024, Seconds = 0.25, Mfu = 0.5, ValLoss = 2.25,
        Times = new StepTimes { Data = 1, Forward = 2, Backward = 3, Reduce = 4, Optimizer = 5, Communication = 6, Hidden = 7 },
        Scalars = new Dictionary<string, double> { ["model.norm"] = 0.5, ["h.0.attn_site"] = 1 }, ValScores = new Dictionary<string, double> { ["top1"] = 0.25 }, Sites = new SiteMetrics(new Dictionary<string, double> { ["model.norm"] = 2 }, new Dictionary<string, double> { ["model.norm"] = 0.1 }, new Dictionary<string, double>()), Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    internal static WorkerStatus Status => new() { Name = "w1", Rank = 1, Step = 3, MicroShards = 2, ComputeSeconds = 0.5, ReduceSeconds = 0.1, ResidentBytes = 1L << 33, OptimizerBytes = 1L << 32 };

    public static FuzzTarget Events() => new("run events", [.. Examples.Select(e => Encoding.UTF8.GetBytes(e.ToJson()))], Read) { Syntax = Syntax.Text };

    /// <summary>The file of metrics: however it was left, a resumed run brings it into order and goes on.</summary>
    public static FuzzTarget Ledger()
    {
        var path = Path.Combine(Scratch.Folder("ledger"), "metrics.jsonl");
        var lines = Enumerable.Range(1, 3).Select(step => JsonSerializer.Serialize(Metrics with { Step = step, Scalars = null }, RunJson.Options)).ToArray();
        return new("metrics ledger", [Encoding.UTF8.GetBytes(string.Join('\n', lines) + "\n"), Encoding.UTF8.GetBytes(lines[0] + "\n" + lines[1])], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            long last;
            using (var ledger = new MetricsLedger(path))
            {
                if (ledger.LastStep == long.MaxValue)
                    return false;
                ledger.Append(Metrics with { Step = ledger.LastStep + 1 });
                last = ledger.LastStep;
            }

            using (var again = new MetricsLedger(path))
                Assert.Equal(last, again.LastStep);
            return true;
        })
        {
            Syntax = Syntax.Text, Allowed = typeof(UserErrorException), MemoryPerByte = 128,
        };
    }

    /// <summary>A worker's part of a trace, as a killed process may leave it.</summary>
    public static FuzzTarget TracePart()
    {
        var folder = new RunFolder(Scratch.Folder("trace"));
        Directory.CreateDirectory(folder.TraceParts);
        var clock = new TraceEvent("M", TraceEvent.Clock, 1, 0, 1000.5, Args: new TraceArgs { Host = "h", UnixUs = 1e15 });
        var span = new TraceEvent("X", TraceEvent.Step, 1, (int)TraceTrack.Steps, 2000.25, 12.5, new TraceArgs { Number = 3, AllocatedBytes = 4, ProcessAllocatedBytes = 5, PauseMs = 0.5 });
        var part = "[\n" + string.Concat(new[] { clock, span }.Select(e => JsonSerializer.Serialize(e, RunJson.Options) + ",\n"));
        return new("trace part", [Encoding.UTF8.GetBytes(part)], bytes =>
        {
            File.WriteAllBytes(Path.Combine(folder.TraceParts, "w0.json"), bytes);
            return TraceMerger.Merge(folder) is not null;
        })
        {
            Syntax = Syntax.Text, MemoryPerByte = 128,
        };
    }

    private static IReadOnlyList<RunEvent> Examples =>
    [
        new CoordinatorReady("127.0.0.1", 4000),
        new RosterChanged(["w0", "w1"], 2),
        new GenerationFormed(3, ["w0", "w1"], [3, 2], "w2 is gone"),
        new StepCommitted(Metrics),
        new WorkerReported(Status),
        new CheckpointWritten(9, "runs/x/checkpoints/step-00000009"),
        new Notice("é \"quoted\" \U0001F600"),
        new RunEnded(RunOutcome.Finished, 100, "all 100 steps done"),
    ];

    private static bool Read(byte[] bytes)
    {
        // Half of the inputs as UTF-16, in which half a surrogate pair can stand: a line that is cut at its longest ends in one.
        var line = (bytes.Length & 1) == 0 ? Encoding.UTF8.GetString(bytes) : Utf16(bytes);
        if (RunEvent.TryParse(line) is not { } e)
            return false;
        NullChecks.AssertNone(e);
        Assert.NotNull(RunEvent.TryParse(e.ToJson()));
        return true;
    }

    /// <summary>As UTF-8, but a character outside the basic plane loses its second half.</summary>
    private static string Utf16(byte[] bytes) => string.Concat(Encoding.UTF8.GetString(bytes).Where(c => !char.IsLowSurrogate(c)));
}
