using DyT.Collectives;

namespace DyT.Coordinator.Core;

/// <summary>How many micro-shards each worker gets: pure. Whoever computes them, the weights are the same bits, so only time decides.</summary>
public static class Balance
{
    /// <summary>
    /// Cuts V micro-shards so that the slowest worker is done as early as possible; everyone gets at least one. Workers of unknown speed count as the
    /// mean of the known ones.
    /// </summary>
    /// <param name="microShards">V.</param>
    /// <param name="secondsPerShard">By worker, in rank order; null where unknown.</param>
    public static ShardRange[] Ranges(int microShards, IReadOnlyList<double?> secondsPerShard)
    {
        var counts = Counts(microShards, secondsPerShard);
        var ranges = new ShardRange[counts.Length];
        var at = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            ranges[i] = new ShardRange(at, at + counts[i]);
            at += counts[i];
        }

        return ranges;
    }

    /// <summary>Seconds until the slowest is done.</summary>
    public static double Makespan(IEnumerable<int> counts, IEnumerable<double> secondsPerShard) => counts.Zip(secondsPerShard, (n, s) => n * s).Max();

    private static int[] Counts(int microShards, IReadOnlyList<double?> secondsPerShard)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(microShards, secondsPerShard.Count);
        var known = secondsPerShard.Where(s => s > 0).Select(s => s!.Value).ToList();
        var mean = known.Count > 0 ? known.Average() : 1;
        var times = secondsPerShard.Select(s => s > 0 ? s.Value : mean).ToArray();
        var counts = Enumerable.Repeat(1, times.Length).ToArray();
        // Whoever would be done first with one more; the lower rank when equal, so that equal speeds give equal shares, larger first.
        var queue = new PriorityQueue<int, (double Done, int Rank)>(Enumerable.Range(0, times.Length).Select(i => (i, (2 * times[i], i))));
        for (var left = microShards - times.Length; left > 0; left--)
        {
            var best = queue.Dequeue();
            counts[best]++;
            queue.Enqueue(best, ((counts[best] + 1) * times[best], best));
        }

        return counts;
    }
}
