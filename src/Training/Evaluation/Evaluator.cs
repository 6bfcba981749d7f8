using System.Runtime.InteropServices;
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
        // Batch k goes to the computing rank whose contiguous piece holds it; its sums are computed there and nowhere else.
        var count = _batchCount;
        var width = network.ScoreNames.Count;
        var computing = collective.Plan.Members.Count(m => !m.IsObserver);
        var place = collective.Plan.Members.Take(collective.Rank).Count(m => !m.IsObserver);
        var observing = collective.Plan.Members[collective.Rank].IsObserver;
        var longest = (count + computing - 1) / computing;
        var start = observing ? count : Math.Min(count, longest * place);
        var own = new byte[longest * width * sizeof(double)];
        var sums = MemoryMarshal.Cast<byte, double>(own.AsSpan());
        for (var batch = start; batch < Math.Min(count, start + longest); batch++)
        {
            using var scope = torch.NewDisposeScope();
            network.Score(data.Evaluation(batch), sums.Slice((batch - start) * width, width));
        }

        var all = new byte[own.Length * collective.WorldSize];
        collective.AllGather(own, all);

        var totals = new double[width]; // in batch order, whoever computed them
        var results = MemoryMarshal.Cast<byte, double>(all);
        var left = count;
        for (var rank = 0; rank < collective.WorldSize; rank++)
        {
            if (collective.Plan.Members[rank].IsObserver)
                continue;
            var here = Math.Min(left, longest);
            for (var i = 0; i < here * width; i++)
                totals[i % width] += results[rank * longest * width + i];
            left -= here;
        }

        return Evaluation.Of(network.ScoreNames, totals);
    }
}
