namespace DyT.Training.Optimization;

/// <summary>What the optimizer remembers of one contiguous piece of the flat buffer.</summary>
/// <param name="Range">Which elements.</param>
/// <param name="Values">In the order of <see cref="IFlatOptimizer.MomentNames"/>, each as long as the range; none where the rule remembers nothing.</param>
public sealed record MomentSegment(FlatRange Range, IReadOnlyList<Memory<float>> Values)
{
    /// <summary>All zero, as at the run's beginning.</summary>
    public static MomentSegment Zero(int moments, FlatRange range) => new(range, [.. Enumerable.Range(0, moments).Select(_ => (Memory<float>)new float[range.Length])]);

    /// <summary>Views of a part of it.</summary>
    public IReadOnlyList<Memory<float>> Slice(FlatRange part) => [.. Values.Select(v => v.Slice(part.Start - Range.Start, part.Length))];
}

/// <summary>The optimizer's memory as far as this worker holds it: all of the flat buffer as one segment, or pieces.</summary>
public sealed class Moments(IReadOnlyList<MomentSegment> segments)
{
    /// <summary>Disjoint: an update goes over all of them, and over no element twice.</summary>
    public IReadOnlyList<MomentSegment> Segments => segments;

    /// <summary>These, and of other segments, of the same step, what is not in these (as views).</summary>
    public Moments With(IReadOnlyList<MomentSegment> others)
    {
        var more = others.SelectMany(other => segments
            .Aggregate((IEnumerable<FlatRange>)[other.Range], (left, segment) => left.SelectMany(range => range.Except(segment.Range)).ToList())
            .Select(range => new MomentSegment(range, other.Slice(range))));
        return new Moments([.. segments, .. more]);
    }

    public long Bytes => segments.Sum(s => s.Values.Sum(v => (long)v.Length * sizeof(float)));

    public static Moments None { get; } = new([]);

    /// <summary>Views of the elements of <paramref name="range"/>, which must lie within one segment.</summary>
    public IReadOnlyList<Memory<float>> Slice(FlatRange range) =>
        segments.FirstOrDefault(s => s.Range.Contains(range))?.Slice(range)
        ?? throw new InvalidOperationException($"the moments of elements {range.Start}..{range.End - 1} are not held here as one piece");

    public void Clear()
    {
        foreach (var values in segments.SelectMany(s => s.Values))
            values.Span.Clear();
    }
}
