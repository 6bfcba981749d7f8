namespace DyT.Collectives;

/// <summary>
/// The additions that finish the canonical tree from everyone's partial sums. Leaves are numbered over ranks in order: first all of rank 0's cover nodes,
/// then rank 1's, and so on. Made once per generation.
/// </summary>
public sealed class FoldPlan
{
    private readonly (int Left, int Right)[] _additions;
    private readonly bool[] _takesSum; // by leaf

    private FoldPlan(int[] leavesOfRank, (int, int)[] additions)
    {
        LeavesOfRank = leavesOfRank;
        _additions = additions;
        FirstLeafOfRank = new int[leavesOfRank.Length];
        for (var rank = 1; rank < leavesOfRank.Length; rank++)
            FirstLeafOfRank[rank] = FirstLeafOfRank[rank - 1] + leavesOfRank[rank - 1];
        Leaves = leavesOfRank.Sum();
        _takesSum = new bool[Leaves];
        foreach (var (left, _) in additions.SkipLast(1))
            _takesSum[left] = true;
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

    /// <summary>Whether a leaf's place takes the sum of an inner node.</summary>
    public bool TakesSum(int leaf) => _takesSum[leaf];

    /// <summary>Adds up; the sum stands in <paramref name="result"/>, which may be the same memory as any leaf: it is written last.</summary>
    /// <param name="leaves">Everyone's partial sums. Where <see cref="TakesSum"/> says so, replaced by their places.</param>
    /// <param name="places">By leaf, where it <see cref="TakesSum"/>: what is written over by the inner node whose left child it begins; may be the leaf itself.</param>
    /// <param name="result">As long as each leaf.</param>
    public void Fold(Span<Memory<float>> leaves, ReadOnlySpan<Memory<float>> places, Memory<float> result)
    {
        for (var i = 0; i < _additions.Length - 1; i++)
        {
            var (left, right) = _additions[i];
            VectorAdd.Into(places[left].Span, leaves[left].Span, leaves[right].Span);
            leaves[left] = places[left];
        }

        if (_additions.Length > 0)
            VectorAdd.Into(result.Span, leaves[_additions[^1].Left].Span, leaves[_additions[^1].Right].Span);
        else
            leaves[0].Span.CopyTo(result.Span);
    }
}
