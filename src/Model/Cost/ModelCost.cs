using DyT.Config;

namespace DyT.Model;

/// <summary>What a model costs, in numbers that need no allocation.</summary>
/// <param name="Parameters">All learnable values.</param>
/// <param name="MatmulParameters">Those that a token is multiplied with: all matrices, the output layer included (also when tied), embeddings by look-up not.</param>
/// <param name="ForwardFlopsPerToken">2 per matrix element, and, where there is attention, 4 L T d for its two products (the full square, as PaLM, arXiv 2204.02311, counts).</param>
/// <param name="TrainingFlopsPerToken">Three times the forward pass: backward is two products for each one.</param>
public sealed record ModelCost(long Parameters, long MatmulParameters, double ForwardFlopsPerToken, double TrainingFlopsPerToken)
{
    public static ModelCost Of(ModelConfig model, DataShape shape)
    {
        var table = Networks.Table(model, shape);
        var matmul = table.Where(p => p.Kind == ParameterKind.Matrix).Sum(p => p.Count);
        if (shape is TextShape text)
            matmul += (long)text.Vocab * model.DModel;
        if (shape is PairShape pairs)
            matmul += (long)pairs.TargetVocab * model.DModel;
        var tokens = shape.TokensPerSample(model);
        var forward = shape switch
        {
            // Half of a pair's tokens go through the encoder and half through the decoder, and see as many.
            PairShape => matmul + (model.Layers + 2.0 * model.DecoderLayers) * tokens * model.DModel,
            _ when model.IsRecurrent => 2.0 * matmul,
            _ => 2.0 * matmul + 4.0 * model.Layers * tokens * model.DModel,
        };
        return new ModelCost(table.Sum(p => p.Count), matmul, forward, 3 * forward);
    }
}
