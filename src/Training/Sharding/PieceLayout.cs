using DyT.Collectives;
using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>
/// Which worker holds the moments of which elements. The buffer is cut into blocks and each block into as many slices as there are ranks (<see cref="Slicing.Of"/>, as the all-gather
/// cuts): piece p, its slice of every block, is rank p's own, and the <c>replicas</c> ranks before it hold it too. So each block comes from all ranks at once, and the first layers' weights
/// can be whole while the last ones are still on their way. Every member of the generation has a piece, observers too: one that is promoted has what it needs. Pure.
/// </summary>
public sealed class PieceLayout
{
    private const int SmallestBlock = 1 << 14; // elements: below 64 KiB an all-gather's round trips cost more than they hide
    private const int MostBlocks = 32; // what is hidden grows little beyond, and records and plans have a line for every slice

    private readonly int _held;

    /// <param name="length">Elements of the flat buffer.</param>
    /// <param name="worldSize">Of the generation.</param>
    /// <param name="replicas">Further holders of each piece; more than there are other workers is as good as all of them.</param>
    /// <param name="blocks">Null: by the length.</param>
    public PieceLayout(int length, int worldSize, int replicas, int? blocks = null)
    {
        Length = length;
        WorldSize = worldSize;
        _held = Math.Min(replicas, worldSize - 1) + 1;
        var count = blocks ?? Math.Clamp(length / SmallestBlock, 1, MostBlocks);
        Blocks = [.. Enumerable.Range(0, count).Select(block => Slicing.Of(length, block, count)).Select(b => new FlatRange(b.Start, b.End)).Where(b => !b.IsEmpty)];
    }

    public int Length { get; }

    public int WorldSize { get; }

    /// <summary>In order; none is empty.</summary>
    public IReadOnlyList<FlatRange> Blocks { get; }

    /// <summary>Piece <paramref name="piece"/> in order, without empty slices: of a block with fewer units of alignment than workers not everybody has one.</summary>
    public IReadOnlyList<FlatRange> Piece(int piece) => [.. Blocks.Select(block => SliceOf(block, piece)).Where(r => !r.IsEmpty)];

    /// <summary>The pieces that a rank holds, its own first.</summary>
    public IEnumerable<int> PiecesOf(int rank) => Enumerable.Range(0, _held).Select(i => (rank + i) % WorldSize);

    /// <summary>The ranks that hold a piece, its owner first.</summary>
    public IEnumerable<int> HoldersOf(int piece) => Enumerable.Range(0, _held).Select(i => (piece - i + WorldSize) % WorldSize);

    /// <summary>What a rank holds, as few ranges as possible, in order.</summary>
    public IReadOnlyList<FlatRange> RangesOf(int rank)
    {
        var ranges = new List<FlatRange>();
        foreach (var range in PiecesOf(rank).SelectMany(Piece).OrderBy(r => r.Start))
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
        Enumerable.Range(0, WorldSize).Where(piece => Piece(piece).Count > 0 && !HoldersOf(piece).Any(ranks.Contains));

    private FlatRange SliceOf(FlatRange block, int rank)
    {
        var (start, end) = Slicing.Of(block.Length, rank, WorldSize);
        return new FlatRange(block.Start + start, block.Start + end);
    }
}
