using DyT.Config;

namespace DyT.Model;

/// <summary>Bytes that one worker needs, by purpose.</summary>
public sealed record WorkerMemory(long Weights, long Gradients, long PartialSums, long OptimizerState, long CheckpointCopy, long Activations)
{
    private const int FloatBytes = 4;
    private const double DecoderShare = 1.4; // of what a block with attention to an encoder keeps, that of one without being 1

    public long Total => Weights + Gradients + PartialSums + OptimizerState + CheckpointCopy + Activations;

    /// <summary>An estimate for a worker that holds <paramref name="microShards"/> micro-shards of a step.</summary>
    public static WorkerMemory Of(RunConfig config, DataShape shape, int microShards)
    {
        var model = config.Model;
        var buffer = ModelCost.Of(model, shape).Parameters * FloatBytes;
        var moments = config.Optimizer.Kind == OptimizerKind.Adamw ? 2 : config.Optimizer.Beta1 > 0 ? 1 : 0;
        if (config.Optimizer.Ema > 0)
            moments++;

        // The binary counter of partial sums: one buffer per level, beside the gradient buffer itself.
        var partials = microShards <= 1 ? 0 : (long)Math.Ceiling(Math.Log2(microShards));
        // With zero1 a worker holds its piece of the moments and replicas of others', and a checkpoint's copy is of all.
        var share = config.Optimizer.Sharding == OptimizerSharding.Zero1 ? Math.Min(1, (1.0 + config.Optimizer.Replicas) / config.Cluster.Workers) : 1;
        return new WorkerMemory(buffer, buffer, partials * buffer, (long)(share * moments * buffer), (1 + moments) * buffer, ActivationBytes(config.Train, model, shape));
    }

    /// <summary>
    /// What forward keeps for backward, per token and layer: inputs of the sites and of the linear layers, q, k, v and the attention output (about 10 d), the
    /// MLP's hidden values before and after the activation (2 or 4 d_ff); of recurrent layers the projected inputs, the gates, and inputs, states and
    /// outputs (about 5 d); of recomputed blocks the input, and all of one block at a time. At the end a piece of the logits.
    /// </summary>
    private static long ActivationBytes(TrainConfig train, ModelConfig model, DataShape shape)
    {
        long tokens = train.MicroBatch * shape.TokensPerSample(model);
        long perLayer = 10L * model.DModel + (model.Mlp == MlpKind.Swiglu ? 4L : 2L) * model.EffectiveDFf;
        if (model.IsRecurrent)
            perLayer = (2L * RnnParameters.GateRows(model) + 5) * model.DModel;
        var layers = (double)model.Layers;
        if (shape is PairShape)
            layers = (model.Layers + DecoderShare * model.DecoderLayers) / 2; // half of the tokens go through either stack
        var kept = train.Recompute == RecomputeKind.Block ? (long)(layers * model.DModel) + perLayer : (long)(layers * perLayer);
        var rows = (int)Math.Min(tokens, int.MaxValue);
        var vocab = shape switch
        {
            TextShape text => text.Vocab,
            PairShape pairs => pairs.TargetVocab,
            _ => 0,
        };
        var logits = vocab > 0 ? (long)OutputLoss.PieceRows(rows, vocab) * vocab : 0;
        return FloatBytes * (tokens * kept + logits);
    }
}
