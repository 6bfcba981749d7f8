using DyT.Model;

namespace DyT.Training.Gradients;

/// <summary>Which buckets may be reduced after which of backward's marks.</summary>
public static class BucketReadiness
{
    /// <summary>
    /// For each mark 0, 1, ..., how many of the buckets, from the first, hold only gradients that are final then. A bucket never overtakes those before it:
    /// all ranks reduce in the buckets' order. Padding is final from the beginning.
    /// </summary>
    public static int[] After(IReadOnlyList<(int Start, int Count)> buckets, FlatLayout layout, GradientMarks marks)
    {
        var ready = new int[marks.End];
        var latest = 0; // of all buckets so far
        for (var bucket = 0; bucket < buckets.Count; bucket++)
        {
            latest = Math.Max(latest, MarkOf(buckets[bucket], layout, marks));
            for (var mark = latest; mark < marks.End; mark++)
                ready[mark] = bucket + 1;
        }

        return ready;
    }

    private static int MarkOf((int Start, int Count) bucket, FlatLayout layout, GradientMarks marks)
    {
        var latest = 0;
        for (var i = 0; i < layout.Entries.Count; i++)
        {
            var entry = layout.Entries[i];
            if (entry.Offset < bucket.Start + bucket.Count && bucket.Start < entry.Offset + entry.Length)
                latest = Math.Max(latest, marks.OfEntries[i]);
        }

        return latest;
    }
}
