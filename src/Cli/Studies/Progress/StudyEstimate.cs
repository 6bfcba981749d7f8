using System.Globalization;
using DyT.Cli.Views;

namespace DyT.Cli.Studies.Progress;

/// <summary>What a study will take, before it is run. Pure.</summary>
public static class StudyEstimate
{
    /// <summary>Share of the machine's rate of large matrix products that small models reach here; from 0.1 to 0.7 by size, so times are good to a factor of three.</summary>
    private const double Share = 0.3;

    /// <param name="cells">With the trials of learning rates.</param>
    /// <param name="parallel">Cells at once.</param>
    /// <param name="cores">Of this machine.</param>
    /// <param name="flopsPerThread">Its measured rate of matrix products on one thread, FLOP/s.</param>
    public static string Text(IReadOnlyList<StudyCell> cells, int parallel, int cores, double flopsPerThread)
    {
        var work = CellWork.Sum(cells.Select(c => CellWork.Of(c.Config)));
        // A cell uses so many threads; all that run at once no more than there are cores.
        var seconds = cells.Sum(c => CellWork.Of(c.Config).Flops / (Share * flopsPerThread * Threads(c, parallel, cores)));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{cells.Count} runs, {Format.Count(work.Steps)} steps, {Format.Count(work.Tokens)} tokens, {Format.Count(work.Flops)} FLOPs: roughly {Format.Duration(TimeSpan.FromSeconds(Math.Min(seconds, 1e9)))} on this machine ({Share * 100:0} % of {flopsPerThread / 1e9:0} GFLOP/s a thread assumed; starting a run and evaluating come to it)");
    }

    private static double Threads(StudyCell cell, int parallel, int cores) =>
        Math.Min(parallel * cell.Config.Cluster.Workers * cell.Config.Cluster.ThreadsPerWorker, Math.Max(1, cores));
}
