namespace DyT.Training.Sharding;

/// <summary>
/// What moves before a generation's members go over to the next: moments that only those hold who leave, each piece from its owner to one of those who stay, in
/// turns. The next generation makes the copies that <c>optimizer.replicas</c> wants. Pure, and so the same on every rank.
/// </summary>
public static class HandOver
{
    /// <param name="layout">Of the generation that ends.</param>
    /// <param name="staying">Its ranks that are members of the next; at least one.</param>
    public static IReadOnlyList<ShardMove> Moves(PieceLayout layout, IReadOnlyList<int> staying) =>
    [
        .. layout.UncoveredBy(staying.ToHashSet())
            .SelectMany((piece, turn) => layout.Piece(piece).Select(range => new ShardMove(ShardPart.Moments, piece, staying[turn % staying.Count], range))),
    ];
}
