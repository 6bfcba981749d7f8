using DyT.Collectives;
using DyT.Model;
using DyT.Training.Data;
using TorchSharp;

namespace DyT.Training.Evaluation;

/// <summary>Scores over validation batches, split over the workers; the same bits for any number of them.</summary>
/// <param name="data">The run's.</param>
/// <param name="mostBatches">At most so many batches; 0: all.</param>
public sealed class Evaluator(SessionData data, int mostBatches)
{
    private readonly int _batchCount = data.EvaluationBatches(mostBatches);

    public Evaluation Run(INetwork network, ICollective collective)
    {
        var sums = OrderedSums.Over(collective, _batchCount, network.ScoreNames.Count, (batch, numbers) =>
        {
            using var scope = torch.NewDisposeScope();
            network.Score(data.Evaluation(batch), numbers);
        });
        return Evaluation.Of(network.ScoreNames, sums);
    }
}
