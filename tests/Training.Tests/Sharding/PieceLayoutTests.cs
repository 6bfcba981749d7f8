using CsCheck;
using DyT.Training.Optimization;
using DyT.Training.Sharding;

namespace DyT.Training.Tests.Sharding;

public sealed class PieceLayoutTests
{
    private static readonly Gen<PieceLayout> Layouts =
        from length in Gen.Int[1, 3000] from world in Gen.Int[1, 9] from replicas in Gen.Int[0, 4] select new PieceLayout(length, world, replicas);

    [Fact]
    public void Pieces_tile_the_buffer_and_each_has_as_many_holders_as_wanted() =>
        (from length in Gen.Int[1, 3000] from world in Gen.Int[1, 9] from replicas in Gen.Int[0, 12] select (length, world, replicas)).Sample(t =>
        {
            var layout = new PieceLayout(t.length, t.world, t.replicas);
            var at = 0;
            for (var piece = 0; piece < t.world; piece++)
            {
                Assert.Equal(at, layout.Piece(piece).Start);
                at = layout.Piece(piece).End;
                var holders = layout.HoldersOf(piece).ToList();
                Assert.Equal(Math.Min(t.world, t.replicas + 1), holders.Distinct().Count());
                Assert.Equal(piece, holders[0]);
                Assert.All(Enumerable.Range(0, t.world), r => Assert.Equal(holders.Contains(r), layout.PiecesOf(r).Contains(piece)));
            }

            Assert.Equal(t.length, at);
        });

    [Fact]
    public void A_ranks_ranges_are_its_pieces_as_few_as_possible() =>
        Layouts.Sample(layout =>
        {
            for (var rank = 0; rank < layout.WorldSize; rank++)
            {
                var ranges = layout.RangesOf(rank);
                Assert.True(ranges.Count <= 2);
                var pieces = layout.PiecesOf(rank).Select(layout.Piece).ToList();
                Assert.Equal(pieces.Sum(p => p.Length), ranges.Sum(r => r.Length));
                Assert.All(pieces.Where(p => !p.IsEmpty), p => Assert.Contains(ranges, r => r.Contains(p)));
            }
        });

    [Fact]
    public void As_many_neighbours_as_replicas_may_be_lost_and_no_more()
    {
        var layout = new PieceLayout(4096, 5, 2);
        Assert.Empty(layout.UncoveredBy(new HashSet<int> { 0, 3 })); // 1, 2 and 4 are lost: two neighbours at most
        Assert.Equal([3], layout.UncoveredBy(new HashSet<int> { 0, 4 }));
        Assert.Empty(new PieceLayout(16, 3, 0).UncoveredBy(new HashSet<int> { 2 })); // all of so small a buffer is the last rank's
        Assert.Equal(new FlatRange(0, 16), new PieceLayout(16, 3, 0).Piece(2));
    }
}
