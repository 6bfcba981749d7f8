namespace DyT.Model;

/// <summary>T5's relative-position buckets (arXiv 1910.10683): half of them exact, the rest logarithmic up to distance 128.</summary>
public static class T5Buckets
{
    public const int Count = 32;
    private const int MaxDistance = 128;

    /// <summary>Bucket of a key that stands <paramref name="distance"/> tokens before its query, in causal attention.</summary>
    public static int Of(int distance) => Of(Math.Max(distance, 0), Count);

    /// <summary>In attention to both sides: half of the buckets for keys behind the query (a negative distance).</summary>
    public static int OfEither(int distance) => (distance < 0 ? Count / 2 : 0) + Of(Math.Abs(distance), Count / 2);

    private static int Of(int distance, int count)
    {
        var exact = count / 2;
        if (distance < exact)
            return distance;
        var logarithmic = exact + (int)(Math.Log((double)distance / exact) / Math.Log((double)MaxDistance / exact) * (count - exact));
        return Math.Min(logarithmic, count - 1);
    }
}
