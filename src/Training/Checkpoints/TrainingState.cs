namespace DyT.Training.Checkpoints;

/// <summary>
/// What a run needs beside weights and optimizer moments. There is no generator state: everything random is a pure function of
/// (seed, step, micro-shard), so the step is also the sampler's position.
/// </summary>
public sealed record TrainingState
{
    public required long Step { get; init; }

    public required long EvaluatedStep { get; init; }

    public required long Seed { get; init; }

    /// <summary>Hash of the prepared token shards.</summary>
    public required string DataHash { get; init; }

    public required string VocabHash { get; init; }

    /// <summary>Computing threads of a worker: part of what fixes the bits.</summary>
    public required int Threads { get; init; }

    public double? BestLoss { get; init; }

    public long? BestStep { get; init; }

    public int EvaluationsSinceBest { get; init; }

    /// <summary>Recent losses of the guard's running median.</summary>
    public IReadOnlyList<double> GuardHistory { get; init; } = [];

    /// <summary>Steps that the guard let pass, or will let pass, without their update.</summary>
    public IReadOnlyList<long> SkippedSteps { get; init; } = [];

    /// <summary>How many updates are in the weights.</summary>
    public long AppliedUpdates() => AppliedUntil(Step, SkippedSteps);

    /// <summary>How many of the steps up to and with <paramref name="step"/> were applied.</summary>
    public static long AppliedUntil(long step, IEnumerable<long> skipped) => step - skipped.Count(s => s <= step);
}
