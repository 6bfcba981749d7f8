namespace DyT.Collectives;

/// <summary>
/// The one order in which gradients are added: a binary tree over micro-shard numbers 0..V-1 that depends on V alone.
/// A node covers an aligned block [i 2^k, (i+1) 2^k) cut off at V; its sum is left + right, rounded once.
/// </summary>
/// <remarks>
/// Whoever holds a contiguous range of micro-shards can finish the maximal nodes inside it (<see cref="Cover"/>); the rest of the tree is
/// finished by whoever collects those partial sums. The result's bits are the same for every way of cutting [0, V) into ranges.
/// </remarks>
public static class CanonicalTree
{
    /// <summary>The maximal tree nodes inside <paramref name="range"/>, in order; at most 2 log2 V of them.</summary>
    public static IReadOnlyList<ShardRange> Cover(ShardRange range, int microShards)
    {
        CheckRange(range, microShards);
        var nodes = new List<ShardRange>();
        for (var at = range.Start; at < range.End;)
        {
            // The largest aligned block that starts here and, cut off at V, still lies inside the range.
            var size = 1;
            while (at % (2 * size) == 0 && Math.Min(at + 2 * size, microShards) <= range.End && size < microShards)
                size *= 2;
            var node = new ShardRange(at, Math.Min(at + size, microShards));
            nodes.Add(node);
            at = node.End;
        }

        return nodes;
    }

    /// <summary>Whether <paramref name="left"/> and <paramref name="right"/> are the two children of one tree node.</summary>
    public static bool AreSiblings(ShardRange left, ShardRange right, int microShards)
    {
        if (left.End != right.Start)
            return false;
        var size = left.Count; // a left child is never cut off: something follows it
        return int.IsPow2(size) && left.Start % (2 * size) == 0 && right.End == Math.Min(left.Start + 2 * size, microShards);
    }

    private static void CheckRange(ShardRange range, int microShards)
    {
        if (range.Start < 0 || range.End > microShards || range.Count < 0)
            throw new ArgumentOutOfRangeException(nameof(range), $"{range} does not lie inside 0..{microShards}");
    }
}
