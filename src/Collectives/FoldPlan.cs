namespace DyT.Collectives;

/// <summary>
/// The additions that finish the canonical tree from everyone's partial sums. Leaves are numbered over ranks in order: first all of rank 0's cover nodes,
/// then rank 1's, and so on. Made once per generation.
/// </summary>
public sealed class FoldPlan
{
    private readonly (int Left, int Right)[] _additions;

    private FoldPlan(int[] leavesOfRank, (int, int)[] additions)
    {
        LeavesOfRank = leavesOfRank;
        _additions = additions;
        FirstLeafOfRank = new int[leavesOfRank.Length];
        for (var rank = 1; rank < leavesOfRank.Length; rank++)
            FirstLeafOfRank[rank] = FirstLeafOfRank[rank - 1] + leavesOfRank[rank - 1];
        Leaves = leavesOfRank.Sum();
    }

    /// <summary>How many partial sums each rank brings.</summary>
    public int[] LeavesOfRank { get; }

    public int[] FirstLeafOfRank { get; }

    public int Leaves { get; }

    public static FoldPlan Of(GenerationPlan plan)
    {
        var covers = plan.Members.Select(m => CanonicalTree.Cover(m.Range, plan.MicroShards)).ToArray();
        var additions = new List<(int, int)>();
        var pending = new Stack<(ShardRange Node, int Leaf)>();
        var leaf = 0;
        foreach (var node in covers.SelectMany(c => c))
        {
            var top = (Node: node, Leaf: leaf++);
            while (pending.Count > 0 && CanonicalTree.AreSiblings(pending.Peek().Node, top.Node, plan.MicroShards))
            {
                var left = pending.Pop();
                additions.Add((left.Leaf, top.Leaf));
                top = (new ShardRange(left.Node.Start, top.Node.End), left.Leaf);
            }

            pending.Push(top);
        }

        if (pending.Count != 1)
            throw new ArgumentException("the members' ranges do not tile the micro-shards", nameof(plan));
        return new FoldPlan([.. covers.Select(c => c.Count)], [.. additions]);
    }

    /// <summary>
    /// Adds up; the sum stands in <paramref name="result"/>. The leaves' contents are used up: sums of inner nodes are left in their left child's place.
    /// <paramref name="result"/> may be the same memory as any leaf: it is written last.
    /// </summary>
    public void Fold(ReadOnlySpan<Memory<float>> leaves, Memory<float> result)
    {
        for (var i = 0; i < _additions.Length - 1; i++)
            VectorAdd.InPlace(leaves[_additions[i].Left].Span, leaves[_additions[i].Right].Span);
        if (_additions.Length > 0)
            VectorAdd.Into(result.Span, leaves[_additions[^1].Left].Span, leaves[_additions[^1].Right].Span);
        else
            leaves[0].Span.CopyTo(result.Span);
    }
}
