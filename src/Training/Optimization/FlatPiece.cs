namespace DyT.Training.Optimization;

/// <summary>A part of a <see cref="ParameterGroup"/> that one thread updates.</summary>
/// <param name="Group">The group's index.</param>
/// <param name="Start">First element in the flat buffer.</param>
/// <param name="Count">Elements.</param>
internal readonly record struct FlatPiece(int Group, int Start, int Count)
{
    private const int Most = 1 << 16;

    // About as many elements as it takes to repay waking a thread.
    private const long PerWakening = 1 << 15;

    /// <summary>All groups in pieces, in order.</summary>
    public static FlatPiece[] Of(IReadOnlyList<ParameterGroup> groups) =>
    [
        .. groups.SelectMany((group, index) => Enumerable
            .Range(0, (group.Length + Most - 1) / Most)
            .Select(i => new FlatPiece(index, group.Start + i * Most, Math.Min(Most, group.Length - i * Most)))),
    ];

    public FlatRange Range => new(Start, Start + Count);

    /// <summary>Indices [From, To) of the pieces that have elements in a range; <paramref name="pieces"/> stand in order.</summary>
    public static (int From, int To) Covering(FlatPiece[] pieces, FlatRange range)
    {
        var from = 0;
        while (from < pieces.Length && pieces[from].Range.End <= range.Start)
            from++;
        var to = from;
        while (to < pieces.Length && pieces[to].Start < range.End)
            to++;
        return (from, to);
    }

    /// <summary>Pieces that are worth a thread, when <paramref name="pieces"/> make up <paramref name="length"/> elements.</summary>
    public static int PerThread(int pieces, int length) => (int)Math.Max(1, PerWakening * pieces / Math.Max(1, length));
}
