using CsCheck;
using DyT.Collectives;
using DyT.Training.Optimization;
using DyT.Training.Sharding;

namespace DyT.Training.Tests.Sharding;

public sealed class PieceLayoutTests
{
    private static readonly Gen<PieceLayout> Layouts =
        from length in Gen.Int[1, 3000] from world in Gen.Int[1, 9] from replicas in Gen.Int[0, 4] from blocks in Gen.Int[1, 5] select new PieceLayout(length, world, replicas, blocks);

    [Fact]
    public void Pieces_tile_the_buffer_and_each_has_as_many_holders_as_wanted() =>
        (from length in Gen.Int[1, 3000] from world in Gen.Int[1, 9] from replicas in Gen.Int[0, 12] from blocks in Gen.Int[1, 5] select (length, world, replicas, blocks)).Sample(t =>
        {
            var layout = new PieceLayout(t.length, t.world, t.replicas, t.blocks);
            for (var piece = 0; piece < t.world; piece++)
            {
                var holders = layout.HoldersOf(piece).ToList();
                Assert.Equal(Math.Min(t.world, t.replicas + 1), holders.Distinct().Count());
                Assert.Equal(piece, holders[0]);
                Assert.All(Enumerable.Range(0, t.world), r => Assert.Equal(holders.Contains(r), layout.PiecesOf(r).Contains(piece)));
            }

            AssertTiles(t.length, Enumerable.Range(0, t.world).SelectMany(layout.Piece).OrderBy(r => r.Start));
            AssertTiles(t.length, layout.Blocks);
        });

    [Fact]
    public void Each_block_comes_from_all_ranks_in_the_slices_of_an_all_gather() =>
        Layouts.Sample(layout =>
        {
            foreach (var block in layout.Blocks)
            {
                for (var rank = 0; rank < layout.WorldSize; rank++)
                {
                    var (start, end) = Slicing.Of(block.Length, rank, layout.WorldSize);
                    if (start < end)
                        Assert.Contains(new FlatRange(block.Start + start, block.Start + end), layout.Piece(rank));
                }
            }
        });

    [Fact]
    public void Small_buffers_are_one_block_and_large_ones_a_bounded_number()
    {
        Assert.Single(new PieceLayout(20_000, 3, 1).Blocks);
        Assert.Equal(6, new PieceLayout(100_000, 3, 1).Blocks.Count);
        Assert.Equal(32, new PieceLayout(124_000_000, 3, 1).Blocks.Count);
    }

    private static void AssertTiles(int length, IEnumerable<FlatRange> ranges)
    {
        var at = 0;
        foreach (var range in ranges)
        {
            Assert.Equal(at, range.Start);
            Assert.False(range.IsEmpty);
            at = range.End;
        }

        Assert.Equal(length, at);
    }

    [Fact]
    public void A_ranks_ranges_are_its_pieces_as_few_as_possible() =>
        Layouts.Sample(layout =>
        {
            for (var rank = 0; rank < layout.WorldSize; rank++)
            {
                var ranges = layout.RangesOf(rank);
                Assert.All(ranges.Zip(ranges.Skip(1)), pair => Assert.True(pair.First.End < pair.Second.Start));
                var pieces = layout.PiecesOf(rank).SelectMany(layout.Piece).ToList();
                Assert.Equal(pieces.Sum(p => p.Length), ranges.Sum(r => r.Length));
                Assert.All(pieces, p => Assert.Contains(ranges, r => r.Contains(p)));
            }
        });

    [Fact]
    public void As_many_neighbours_as_replicas_may_be_lost_and_no_more()
    {
        var layout = new PieceLayout(4096, 5, 2);
        Assert.Empty(layout.UncoveredBy(new HashSet<int> { 0, 3 })); // 1, 2 and 4 are lost: two neighbours at most
        Assert.Equal([3], layout.UncoveredBy(new HashSet<int> { 0, 4 }));
        Assert.Empty(new PieceLayout(16, 3, 0).UncoveredBy(new HashSet<int> { 2 })); // all of so small a buffer is the last rank's
        Assert.Equal([new FlatRange(0, 16)], new PieceLayout(16, 3, 0).Piece(2));
    }
}
