namespace DyT.Config;

/// <summary>The training loop.</summary>
public sealed record TrainConfig
{
    [Setting("Optimizer updates in the whole run.", Min = 1, Max = 1000000000)]
    public int Steps { get; init; } = 1000;

    [Setting("Samples (sequences, images) per step over all workers; a multiple of micro_batch.", Min = 1, Max = 16777216)]
    public int GlobalBatch { get; init; } = 16;

    [Setting("Samples per forward/backward pass. Fixed for a run, whatever the number of workers: it is part of what fixes the bits.", Min = 1, Max = 1048576)]
    public int MicroBatch { get; init; } = 4;

    [Setting("Evaluate every so many steps (and at the end); 0: only at the end.", Min = 0)]
    public int EvalEvery { get; init; } = 100;

    [Setting("Micro-batches per evaluation, from the start of the validation data; 0: all of it.", Min = 0)]
    public int EvalBatches { get; init; } = 20;

    [Setting("Stop after so many evaluations without a better validation loss; 0: never.", Min = 0)]
    public int EarlyStop { get; init; }

    [Setting("What backward computes again in place of keeping it: none, or block: every block keeps its input alone, for a third more time and far less memory. The weights are the same.")]
    public RecomputeKind Recompute { get; init; }

    [Setting("Numbers in which the layers' weights are multiplied while it trains (its evaluations too): fp32, or bf16: factors are rounded, added up in fp32, and each product is rounded once more, logits and a micro-batch's gradients of weights among them. Weights, sums of gradients and optimizer stay fp32; attention and recurrences multiply in fp32, and so do other commands. bf16 pays on processors with AVX512_BF16 or AMX (dyt doctor tells) and costs time on others; it gives other weights, the same for any number of workers on CPUs of one kind.")]
    public ProductKind Products { get; init; }

    [Setting("Share of the target's probability that is spread over all classes (vit) or tokens (seq2seq).", Min = 0, Max = 0.99)]
    public double LabelSmoothing { get; init; }

    /// <summary>V: micro-shards in a step.</summary>
    public int MicroShards => GlobalBatch / MicroBatch;
}

/// <summary>Numbers in which matrices are multiplied (mixed precision, arXiv 1710.03740 and 1905.12322).</summary>
public enum ProductKind
{
    Fp32,
    Bf16,
}

/// <summary>What backward computes again (arXiv 1604.06174).</summary>
public enum RecomputeKind
{
    None,
    Block,
}

/// <summary>What to do about numbers that say the run has gone wrong.</summary>
public sealed record GuardConfig
{
    [Setting("Stop, keeping the last good checkpoint, when the loss exceeds this multiple of its running median; 0: no such guard. NaN and infinity are always refused; guard.action says what happens then.", Min = 0)]
    public double LossSpike { get; init; } = 4.0;

    [Setting("Steps over which the running median is taken, and before which no spike is called.", Min = 1)]
    public int Window { get; init; } = 100;

    [Setting("What to do about a bad step, before its update is applied: stop the run, skip the update, or roll back to the newest checkpoint and skip the update when the step comes again.")]
    public GuardAction Action { get; init; } = GuardAction.Stop;

    [Setting("Stop anyhow when this many steps within the last 1000 were skipped or rolled back.", Min = 1)]
    public int MaxInterventions { get; init; } = 10;

    [Setting("Compare a hash of weights and optimizer state between the workers every so many steps; a worker whose memory was damaged is named and gets the majority's state. 0: never.", Min = 0)]
    public int AuditEvery { get; init; } = 100;
}

/// <summary>The answer to a bad step.</summary>
public enum GuardAction
{
    Stop,
    Skip,
    Rollback,
}

/// <summary>When to write checkpoints and which to keep.</summary>
public sealed record CheckpointConfig
{
    [Setting("Write a checkpoint every so many steps (and at the end); 0: only at the end.", Min = 0)]
    public int Every { get; init; } = 500;

    [Setting("Also write one when this many minutes have passed since the last; 0: by steps alone.", Min = 0)]
    public double EveryMinutes { get; init; }

    [Setting("Keep this many of the newest checkpoints.", Min = 1)]
    public int KeepLast { get; init; } = 2;

    [Setting("Also keep the one with the best validation loss.")]
    public bool KeepBest { get; init; } = true;
}

/// <summary>The text generated at the end of a run.</summary>
public sealed record SampleConfig
{
    [Setting("Prompt of the sample; empty: no sample.")]
    public string Prompt { get; init; } = "The ";

    [Setting("Tokens to generate.", Min = 0)]
    public int Tokens { get; init; } = 200;

    [Setting("Softmax temperature; 0: always the likeliest token.", Min = 0)]
    public double Temperature { get; init; } = 0.8;

    [Setting("Draw from the k likeliest tokens only; 0: from all.", Min = 0)]
    public int TopK { get; init; } = 40;

    [Setting("Translators: at the end, translate the pairs kept aside (data.pairs.test_fraction) and give BLEU and chrF, as 'dyt eval' does.")]
    public bool Score { get; init; }
}
