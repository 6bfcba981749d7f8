namespace DyT.Model;

/// <summary>T5's relative-position buckets for causal attention (arXiv 1910.10683): 16 exact, the rest logarithmic up to distance 128.</summary>
public static class T5Buckets
{
    public const int Count = 32;
    private const int Exact = Count / 2;
    private const int MaxDistance = 128;

    /// <summary>Bucket of a key that stands <paramref name="distance"/> tokens before its query.</summary>
    public static int Of(int distance)
    {
        if (distance < Exact)
            return Math.Max(distance, 0);
        var logarithmic = Exact + (int)(Math.Log((double)distance / Exact) / Math.Log((double)MaxDistance / Exact) * (Count - Exact));
        return Math.Min(logarithmic, Count - 1);
    }
}
