using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>What a schedule must keep to.</summary>
public sealed record FaultBounds
{
    /// <summary>The budget for noticing a silent host, in seconds.</summary>
    public double FailureDetection { get; init; } = 5;

    /// <summary>Share of the steps at the start, and again at the end, without faults.</summary>
    public double Quiet { get; init; } = 0.1;

    /// <summary>Committed steps at least between two faults.</summary>
    public int MinSpacing { get; init; } = 3;

    /// <summary>No drain leaves fewer workers than this.</summary>
    public int MinWorkers { get; init; } = 1;

    /// <summary>No join makes more workers than this.</summary>
    public int MaxWorkers { get; init; } = int.MaxValue;

    /// <summary>Spares, which are numbered behind the workers: who joins comes after them.</summary>
    public int Spares { get; init; }

    public long SlowBytesPerSecond { get; init; } = 4 << 20;

    public TimeSpan SlowDelay { get; init; } = TimeSpan.FromMilliseconds(10);

    public static FaultBounds Of(RunConfig config) => new()
    {
        FailureDetection = config.Cluster.FailureDetection,
        Quiet = config.Chaos.Quiet,
        MinSpacing = config.Chaos.MinSpacing,
        MinWorkers = config.Cluster.WorkersToGoOn,
        // A worker without a micro-shard would do nothing, and twice as many processes as planned may be more than the machine's memory holds.
        MaxWorkers = Math.Min(config.Train.MicroShards, 2 * config.Cluster.Workers),
        Spares = config.Cluster.Spares,
        SlowBytesPerSecond = (long)Math.Ceiling(config.Chaos.SlowMb * 1024 * 1024),
        SlowDelay = TimeSpan.FromSeconds(config.Chaos.SlowDelay),
    };
}
