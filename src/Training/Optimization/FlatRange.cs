namespace DyT.Training.Optimization;

/// <summary>The elements [Start, End) of the flat buffers.</summary>
public readonly record struct FlatRange(int Start, int End)
{
    public int Length => End - Start;

    public bool IsEmpty => End <= Start;

    public bool Contains(FlatRange other) => Start <= other.Start && other.End <= End;

    /// <summary>What both have in common; empty where they do not meet.</summary>
    public FlatRange Intersect(FlatRange other) => new(Math.Max(Start, other.Start), Math.Min(End, other.End));
}
