namespace DyT.Data.Metrics;

/// <summary>How often each run of n symbols occurs in a segment, and what two segments have in common.</summary>
internal static class NgramCounts
{
    /// <summary>Counts of the runs of n symbols, where two runs are the same when their symbols are.</summary>
    public static Dictionary<Ngram, int> Of(int[] symbols, int n)
    {
        var counts = new Dictionary<Ngram, int>(Math.Max(0, symbols.Length - n + 1));
        for (var start = 0; start + n <= symbols.Length; start++)
        {
            var key = new Ngram(symbols, start, n);
            counts[key] = counts.GetValueOrDefault(key) + 1;
        }

        return counts;
    }

    /// <summary>Runs of the one that the other has too, each at most as often as it stands in both.</summary>
    public static long Common(Dictionary<Ngram, int> one, Dictionary<Ngram, int> other)
    {
        long common = 0;
        foreach (var (key, count) in one)
            common += Math.Min(count, other.GetValueOrDefault(key));
        return common;
    }
}

/// <summary>n symbols of a segment, compared by their values.</summary>
internal readonly struct Ngram(int[] symbols, int start, int n) : IEquatable<Ngram>
{
    private ReadOnlySpan<int> Symbols => symbols.AsSpan(start, n);

    public bool Equals(Ngram other) => Symbols.SequenceEqual(other.Symbols);

    public override bool Equals(object? obj) => obj is Ngram other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var symbol in Symbols) hash.Add(symbol);
        return hash.ToHashCode();
    }
}
