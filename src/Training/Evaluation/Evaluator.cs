using System.Runtime.InteropServices;
using DyT.Collectives;
using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Training.Session;
using TorchSharp;

namespace DyT.Training.Evaluation;

/// <summary>Mean loss over validation windows, split over the workers; the same bits for any number of them.</summary>
public sealed class Evaluator(TrainConfig train, int block, TokenShard validation)
{
    private readonly MicroBatches _batches = new(validation, block);
    private readonly int _batchCount = EvalWindows.BatchCount(validation.Count, block, train.MicroBatch, train.EvalBatches);

    /// <summary>Tokens that one evaluation scores; only the last batch may be smaller than the others.</summary>
    public long Tokens => ((_batchCount - 1L) * train.MicroBatch + Offsets(_batchCount - 1).Length) * block;

    /// <summary>Nats per token.</summary>
    public double Run(GptModel model, ICollective collective)
    {
        // Batch k goes to the computing rank whose contiguous piece holds it; its sum is computed there and nowhere else.
        var count = _batchCount;
        var computing = collective.Plan.Members.Count(m => !m.IsObserver);
        var place = collective.Plan.Members.Take(collective.Rank).Count(m => !m.IsObserver);
        var observing = collective.Plan.Members[collective.Rank].IsObserver;
        var longest = (count + computing - 1) / computing;
        var start = observing ? count : Math.Min(count, longest * place);
        var own = new byte[longest * sizeof(double)];
        var sums = MemoryMarshal.Cast<byte, double>(own.AsSpan());
        for (var batch = start; batch < Math.Min(count, start + longest); batch++)
            sums[batch - start] = SumOf(model, Offsets(batch));

        var all = new byte[own.Length * collective.WorldSize];
        collective.AllGather(own, all);

        var total = 0.0; // in batch order, whoever computed them
        var results = MemoryMarshal.Cast<byte, double>(all);
        var left = count;
        for (var rank = 0; rank < collective.WorldSize; rank++)
        {
            if (collective.Plan.Members[rank].IsObserver)
                continue;
            foreach (var sum in results.Slice(rank * longest, Math.Min(left, longest)))
                total += sum;
            left -= Math.Min(left, longest);
        }

        return total / Tokens;
    }

    private long[] Offsets(int batch) => EvalWindows.Offsets(validation.Count, block, train.MicroBatch, batch);

    private double SumOf(GptModel model, long[] offsets)
    {
        using var scope = torch.NewDisposeScope();
        using var noGrad = torch.no_grad();
        var (inputs, targets) = _batches.Read(offsets);
        var mean = model.Loss(inputs, targets, training: false).item<float>();
        return (double)mean * targets.numel();
    }
}
