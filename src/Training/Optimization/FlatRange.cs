namespace DyT.Training.Optimization;

/// <summary>The elements [Start, End) of the flat buffers.</summary>
public readonly record struct FlatRange(int Start, int End)
{
    public int Length => End - Start;

    public bool IsEmpty => End <= Start;

    public bool Contains(FlatRange other) => Start <= other.Start && other.End <= End;

    /// <summary>What of it is not in <paramref name="other"/>: up to two ranges, none of them empty.</summary>
    public IEnumerable<FlatRange> Except(FlatRange other)
    {
        FlatRange[] parts = Intersect(other).IsEmpty ? [this] : [this with { End = other.Start }, this with { Start = other.End }];
        return parts.Where(p => !p.IsEmpty);
    }

    /// <summary>What both have in common; empty where they do not meet.</summary>
    public FlatRange Intersect(FlatRange other) => new(Math.Max(Start, other.Start), Math.Min(End, other.End));
}
