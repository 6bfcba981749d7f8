using System.Runtime.InteropServices;
using DyT.Collectives;

namespace DyT.Training.Evaluation;

/// <summary>Sums over numbered batches, split over the workers; the same bits for any number of them.</summary>
internal static class OrderedSums
{
    /// <summary>Batch k goes to the computing rank whose contiguous piece holds it; its numbers are computed there and nowhere else, and added in the batches' order. All ranks call it.</summary>
    /// <param name="collective">The generation's.</param>
    /// <param name="count">Batches, from 0.</param>
    /// <param name="width">Numbers of each.</param>
    /// <param name="compute">Fills one batch's numbers, which are zero.</param>
    public static double[] Over(ICollective collective, int count, int width, ComputeBatch compute)
    {
        var computing = collective.Plan.Members.Count(m => !m.IsObserver);
        var place = collective.Plan.Members.Take(collective.Rank).Count(m => !m.IsObserver);
        var observing = collective.Plan.Members[collective.Rank].IsObserver;
        var longest = (count + computing - 1) / computing;
        var start = observing ? count : Math.Min(count, longest * place);
        var own = new byte[longest * width * sizeof(double)];
        var numbers = MemoryMarshal.Cast<byte, double>(own.AsSpan());
        for (var batch = start; batch < Math.Min(count, start + longest); batch++)
            compute(batch, numbers.Slice((batch - start) * width, width));

        var all = new byte[own.Length * collective.WorldSize];
        collective.AllGather(own, all);

        var totals = new double[width];
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

        return totals;
    }
}

/// <summary>Fills in the numbers of one batch.</summary>
internal delegate void ComputeBatch(int batch, Span<double> numbers);
