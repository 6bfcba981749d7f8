using DyT.Runs;

namespace DyT.Cli.Tests;

internal static class Steps
{
    public static StepMetrics Step(long step, double loss = 2, double? val = null, long tokens = 1000, double seconds = 0.5, long generation = 1, int world = 2) => new()
    {
        Step = step,
        Generation = generation,
        WorldSize = world,
        Loss = loss,
        LearningRate = 3e-4,
        GradNorm = 1.25,
        Tokens = tokens,
        Seconds = seconds,
        Mfu = 0.5,
        ValLoss = val,
        Times = new StepTimes { Data = 0.01, Forward = 0.1, Backward = 0.2, Reduce = 0.05, Optimizer = 0.04 },
    };

    public static WorkerStatus Status(string name, int rank, long step = 1) => new()
    {
        Name = name,
        Rank = rank,
        Step = step,
        MicroShards = 2,
        ComputeSeconds = 0.31,
        ReduceSeconds = 0.05,
        ResidentBytes = 300L << 20,
    };
}
