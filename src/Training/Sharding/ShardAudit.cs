using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>
/// Who differs from the others, between steps: the weights are compared over all ranks, the moments of each piece over its holders. Pure. With equal votes the
/// lowest rank is taken for right; a piece with one holder is compared with nothing.
/// </summary>
/// <param name="Damaged">Ranks that differ in something.</param>
/// <param name="Sources">Those whose weights are right and that differ in nothing, if there are any.</param>
/// <param name="Moves">What heals the damaged ones.</param>
public sealed record ShardAudit(IReadOnlyList<int> Damaged, IReadOnlyList<int> Sources, IReadOnlyList<ShardMove> Moves)
{
    /// <param name="weights">Hashes of the weights, by rank.</param>
    /// <param name="moments">Hashes of the moments, by rank and in the order of <see cref="PieceLayout.PiecesOf"/>.</param>
    /// <param name="layout">Of the generation.</param>
    public static ShardAudit Of(IReadOnlyList<UInt128> weights, IReadOnlyList<IReadOnlyList<UInt128>> moments, PieceLayout layout)
    {
        var ranks = Enumerable.Range(0, layout.WorldSize).ToList();
        var whole = ReshardPlan.Majority(ranks, r => weights[r]);
        var damaged = new SortedSet<int>(ranks.Except(whole));
        var moves = new List<ShardMove>();
        foreach (var piece in ranks)
        {
            var ranges = layout.Piece(piece);
            moves.AddRange(ranks.Except(whole).SelectMany(to => ranges.Select(range => new ShardMove(ShardPart.Weights, whole[piece % whole.Count], to, range))));
            if (ranges.Count == 0)
                continue; // nothing to compare
            var holders = layout.HoldersOf(piece).Order().ToList();
            UInt128 Hash(int rank) => moments[rank][layout.PiecesOf(rank).ToList().IndexOf(piece)];
            var right = ReshardPlan.Majority(holders, Hash);
            foreach (var wrong in holders.Except(right))
            {
                damaged.Add(wrong);
                moves.AddRange(ranges.Select(range => new ShardMove(ShardPart.Moments, right[0], wrong, range)));
            }
        }

        var sound = ranks.FindAll(r => !damaged.Contains(r));
        return new ShardAudit([.. damaged], sound.Count > 0 ? sound : whole, moves);
    }
}
