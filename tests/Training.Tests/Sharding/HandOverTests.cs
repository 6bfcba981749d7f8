using CsCheck;
using DyT.Training.Sharding;

namespace DyT.Training.Tests.Sharding;

public sealed class HandOverTests
{
    [Fact]
    public void Those_who_stay_have_everything_afterwards_and_nothing_twice() =>
        (from length in Gen.Int[1, 3000] from world in Gen.Int[1, 9] from replicas in Gen.Int[0, 4] from stays in Gen.Bool.Array[world] from blocks in Gen.Int[1, 5] where stays.Any(s => s) select (length, world, replicas, stays, blocks)).Sample(t =>
        {
            var layout = new PieceLayout(t.length, t.world, t.replicas, t.blocks);
            var staying = Enumerable.Range(0, t.world).Where(r => t.stays[r]).ToList();
            var moves = HandOver.Moves(layout, staying);
            for (var piece = 0; piece < t.world; piece++)
            {
                var isHeld = layout.HoldersOf(piece).Any(staying.Contains);
                Assert.All(layout.Piece(piece), range => Assert.Equal(isHeld ? 0 : 1, moves.Count(m => m.Range == range)));
            }

            Assert.All(moves, m => Assert.Contains(layout.RangesOf(m.From), r => r.Contains(m.Range)));
            Assert.All(moves, m => Assert.Contains(m.To, staying));
            if (moves.Count > 0)
                Assert.True(staying.Max(Received) - staying.Min(Received) <= 1);
            int Received(int rank) => moves.Where(m => m.To == rank).Select(m => m.From).Distinct().Count(); // pieces
        });
}
