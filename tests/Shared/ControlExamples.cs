using DyT.Cluster.Messages;
using DyT.Collectives;
using DyT.Runs;

namespace DyT.Tests.Shared;

/// <summary>
/// One of every control message, and of each variant whose optional parts are absent: what the serializer's tests write and read again, and the fuzzer alters. Both check that
/// no type on the list is missing here.
/// </summary>
internal static class ControlExamples
{
    public static IReadOnlyList<IControlMessage> All { get; } =
    [
        new Register("w0", "abc", "10.0.0.1", 4000, "x64-512", "b1", [4, 5], [1, 2, 3]),
        new WorkerReady("w0", "abc", 17, 4, null),
        new WorkerReady("w0", "abc", -1, 4, Plan(4, new ShardRange(0, 2), new ShardRange(2, 2))),
        new WorkerAlive("w0", "abc", 5, 4, true, 17, "all-reduce 7", 1.5, 3),
        new GenerationEntered("w0", 4, 17),
        new CaughtUp("w0", 4, 18),
        new GenerationLeft("w0", 5, 18),
        new TransferReported("w0", 10, 20, 0.5),
        new LeaveRequested("w0", "abc"),
        new RolledBack(10),
        new StepReported(Metrics),
        new StepReported(Metrics with { Mfu = null, ValLoss = null, ValScores = null, Scalars = null, Sites = null, Skipped = "the loss is NaN" }),
        new StatusReported(new WorkerStatus { Name = "w1", Rank = 1, Step = 3, MicroShards = 2, ComputeSeconds = 0.5, ReduceSeconds = 0.1, ResidentBytes = 1L << 33, OptimizerBytes = 1L << 32 }),
        new CheckpointReported(9, "runs/x/checkpoints/step-00000009"),
        new AbortReceived("w1", 4),
        new GenerationFailed("w1", 4, 12, "w0", "the connection broke"),
        new GenerationFailed("w1", 4, 12, null, "told to"),
        new SessionEnded("w1", 4, RunOutcome.Finished, 100, "all 100 steps done"),
        new WorkerFailed("w1", "no data"),
        new NoticeReported("hello"),
        new RegistrationChallenge([1, 2, 3]),
        new Welcome("run", "/runs/run", "name: run\n", 16),
        new NextGeneration(new GenerationPlan("run", 3, 5, [])),
        new Heard(16),
        new NotRegistered(),
        new Leave(),
        new Refused("no"),
        new StartGeneration(Plan(3, new ShardRange(0, 3), new ShardRange(3, 5))),
        new AbortGeneration(3, "w9 is gone"),
        new StopRun(),
        new Shutdown(),
    ];

    private static StepMetrics Metrics => new()
    {
        Step = 5, Generation = 2, WorldSize = 3, Loss = 2.5, LearningRate = 1e-3, GradNorm = double.NaN, Tokens = 1024, Seconds = 0.25, Mfu = 0.5, ValLoss = 2.25,
        Times = new StepTimes { Data = 1, Forward = 2, Backward = 3, Reduce = 4, Optimizer = 5, Communication = 6, Hidden = 7 }, Samples = "0123456789abcdef",
        Scalars = new Dictionary<string, double> { ["model.norm"] = 0.5, ["h.0.attn_site"] = 1 }, ValScores = new Dictionary<string, double> { ["top1"] = 0.25 }, Sites = new SiteMetrics(new Dictionary<string, double> { ["model.norm"] = 2 }, new Dictionary<string, double> { ["model.norm"] = 0.1 }, new Dictionary<string, double>()), Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
    };

    private static GenerationPlan Plan(long number, ShardRange first, ShardRange second) =>
        new("run", number, second.End, [new GenerationMember("w0", "h", 1, first), new GenerationMember("w1", "h", 2, second)]);
}
