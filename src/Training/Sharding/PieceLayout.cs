using DyT.Collectives;
using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>
/// Which worker holds the moments of which elements: piece p is rank p's own (<see cref="Slicing.Of"/>, as the all-gather cuts), and the
/// <c>replicas</c> ranks before it hold it too. Every member of the generation has a piece, observers too: one that is promoted has what it needs. Pure.
/// </summary>
/// <param name="length">Elements of the flat buffer.</param>
/// <param name="worldSize">Of the generation.</param>
/// <param name="replicas">Further holders of each piece; more than there are other workers is as good as all of them.</param>
public sealed class PieceLayout(int length, int worldSize, int replicas)
{
    private readonly int _held = Math.Min(replicas, worldSize - 1) + 1;

    public int Length => length;

    public int WorldSize => worldSize;

    /// <summary>Piece <paramref name="piece"/>; empty where there are fewer units of alignment than workers.</summary>
    public FlatRange Piece(int piece)
    {
        var (start, end) = Slicing.Of(length, piece, worldSize);
        return new FlatRange(start, end);
    }

    /// <summary>The pieces that a rank holds, its own first.</summary>
    public IEnumerable<int> PiecesOf(int rank) => Enumerable.Range(0, _held).Select(i => (rank + i) % worldSize);

    /// <summary>The ranks that hold a piece, its owner first.</summary>
    public IEnumerable<int> HoldersOf(int piece) => Enumerable.Range(0, _held).Select(i => (piece - i + worldSize) % worldSize);

    /// <summary>What a rank holds, as few ranges as possible (the last piece and the first do not touch), in order.</summary>
    public IReadOnlyList<FlatRange> RangesOf(int rank)
    {
        var ranges = new List<FlatRange>();
        foreach (var range in PiecesOf(rank).Order().Select(Piece).Where(r => !r.IsEmpty))
        {
            if (ranges.Count > 0 && ranges[^1].End == range.Start)
                ranges[^1] = new FlatRange(ranges[^1].Start, range.End);
            else
                ranges.Add(range);
        }

        return ranges;
    }

    /// <summary>The pieces that none of these ranks holds; empty pieces are nobody's concern.</summary>
    public IEnumerable<int> UncoveredBy(IReadOnlySet<int> ranks) =>
        Enumerable.Range(0, worldSize).Where(piece => !Piece(piece).IsEmpty && !HoldersOf(piece).Any(ranks.Contains));
}
