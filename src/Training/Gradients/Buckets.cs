namespace DyT.Training.Gradients;

/// <summary>Cuts the flat gradient buffer into buckets, each reduced as one.</summary>
public static class Buckets
{
    /// <summary>Pieces of at most <paramref name="bucketElements"/> (rounded up to 16), from the end to the start: backward finishes the last layers first.</summary>
    public static IReadOnlyList<(int Start, int Count)> Of(int length, int bucketElements)
    {
        var size = Math.Max(16, (bucketElements + 15) / 16 * 16);
        var buckets = new List<(int, int)>();
        for (var end = length; end > 0;)
        {
            // Borders stand at multiples of the size from the start, so that only the last bucket is smaller.
            var start = (end - 1) / size * size;
            buckets.Add((start, end - start));
            end = start;
        }

        return buckets;
    }
}
