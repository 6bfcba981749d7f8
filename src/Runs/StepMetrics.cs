namespace DyT.Runs;

/// <summary>What one committed step was: a line of <c>metrics.jsonl</c>. Times are seconds, losses nats per token.</summary>
public sealed record StepMetrics
{
    /// <summary>Number of the step, from 1; after step s, s updates have been applied.</summary>
    public required long Step { get; init; }

    public required long Generation { get; init; }

    public required int WorldSize { get; init; }

    /// <summary>Mean training loss over the global batch.</summary>
    public required double Loss { get; init; }

    public required double LearningRate { get; init; }

    /// <summary>Global L2 norm of the mean gradient, before clipping.</summary>
    public required double GradNorm { get; init; }

    /// <summary>Tokens of the global batch.</summary>
    public required long Tokens { get; init; }

    /// <summary>Wall time of the step, evaluation and checkpoints left out.</summary>
    public required double Seconds { get; init; }

    /// <summary>Share of the machine's measured matrix-multiply rate; null where that rate was not measured.</summary>
    public double? Mfu { get; init; }

    /// <summary>Validation loss, when this step was followed by an evaluation.</summary>
    public double? ValLoss { get; init; }

    /// <summary>What else the evaluation found, as shares from 0 to 1 by name (<c>top1</c>); null where there is nothing but the loss.</summary>
    public IReadOnlyDictionary<string, double>? ValScores { get; init; }

    /// <summary>Where the time of rank 0 went.</summary>
    public StepTimes Times { get; init; } = new();

    /// <summary>Every alpha by its site's name and every branch's factor by the branch's, logged with evaluations.</summary>
    public IReadOnlyDictionary<string, double>? Scalars { get; init; }

    /// <summary>How the sites stand after an evaluation, by their names: null where there was none.</summary>
    public SiteMetrics? Sites { get; init; }

    /// <summary>
    /// Which samples the step's gradients came from, added over its micro-shards by those who computed them: 16 hex digits that show that each was
    /// used exactly once.
    /// </summary>
    public string Samples { get; init; } = "";

    /// <summary>Why the guard let the step pass without its update; null for an ordinary step.</summary>
    public string? Skipped { get; init; }

    /// <summary>Start of the step, UTC.</summary>
    public DateTimeOffset Time { get; init; }

    public double TokensPerSecond => Seconds > 0 ? Tokens / Seconds : 0;
}

/// <summary>How the sites of a network stand, by their names: measured on one batch of the validation data.</summary>
/// <param name="InverseRms">1 / sqrt(E[x^2]) of what enters the site; alphas tend to follow it.</param>
/// <param name="Saturation">Share of |alpha x| above 2, where the curve has nearly no slope left; of sites with alpha.</param>
/// <param name="GammaSpread">Standard deviation of the gain over the channels.</param>
public sealed record SiteMetrics(IReadOnlyDictionary<string, double> InverseRms, IReadOnlyDictionary<string, double> Saturation, IReadOnlyDictionary<string, double> GammaSpread);

/// <summary>Seconds of one worker's step by phase.</summary>
public sealed record StepTimes
{
    public double Data { get; init; }

    public double Forward { get; init; }

    public double Backward { get; init; }

    /// <summary>Adding up over micro-shards on this worker and over the workers, waiting included (with zero1 also for weights during forward); not what went on during backward.</summary>
    public double Reduce { get; init; }

    public double Optimizer { get; init; }

    /// <summary>No phase: how long the reduction of the gradient buckets over the workers took (and with zero1 the gathering of weights), waiting for peers included; 0 for one worker.</summary>
    public double Communication { get; init; }

    /// <summary>The part of <see cref="Communication"/> that went on during backward (with zero1 also forward).</summary>
    public double Hidden { get; init; }
}

/// <summary>What a worker tells of itself after a step, beside the numbers that all share.</summary>
public sealed record WorkerStatus
{
    public required string Name { get; init; }

    public required int Rank { get; init; }

    public required long Step { get; init; }

    /// <summary>Micro-shards of this worker's range.</summary>
    public required int MicroShards { get; init; }

    /// <summary>Seconds of computing (data, forward, backward) in the last step.</summary>
    public required double ComputeSeconds { get; init; }

    /// <summary>Seconds in the reduction, waiting for peers included.</summary>
    public required double ReduceSeconds { get; init; }

    /// <summary>Resident memory in bytes.</summary>
    public required long ResidentBytes { get; init; }

    /// <summary>Bytes of optimizer moments that this worker holds.</summary>
    public long OptimizerBytes { get; init; }
}
