using CsCheck;

namespace DyT.Collectives.Tests;

public sealed class CanonicalTreeTests
{
    // The tree by its definition, top down: a node of aligned size 2s splits at start + s.
    private static IEnumerable<ShardRange> NodesByDefinition(int start, int size, int v)
    {
        if (start >= v)
            yield break;
        yield return new ShardRange(start, Math.Min(start + size, v));
        if (size == 1)
            yield break;
        foreach (var n in NodesByDefinition(start, size / 2, v).Concat(NodesByDefinition(start + size / 2, size / 2, v)))
            yield return n;
    }

    private static HashSet<ShardRange> Nodes(int v)
    {
        var size = 1;
        while (size < v)
            size *= 2;
        return NodesByDefinition(0, size, v).ToHashSet();
    }

    [Fact]
    public void A_cover_tiles_its_range_with_maximal_tree_nodes() =>
        (from v in Gen.Int[1, 70] from a in Gen.Int[0, v] from b in Gen.Int[a, v] select (v, a, b)).Sample(t =>
        {
            var nodes = Nodes(t.v);
            var cover = CanonicalTree.Cover(new ShardRange(t.a, t.b), t.v);
            var at = t.a;
            foreach (var node in cover)
            {
                Assert.Equal(at, node.Start);
                Assert.Contains(node, nodes);
                // Maximal: no tree node inside the range strictly contains it.
                Assert.DoesNotContain(nodes, n => n != node && n.Start <= node.Start && n.End >= node.End && n.Start >= t.a && n.End <= t.b);
                at = node.End;
            }

            Assert.Equal(t.b, at);
        });

    [Fact]
    public void Folding_siblings_from_any_cut_ends_in_the_root() =>
        (from v in Gen.Int[1, 40] from cuts in Gen.Int[0, v].Array[0, 6] select (v, cuts)).Sample(t =>
        {
            var borders = t.cuts.Append(0).Append(t.v).Distinct().Order().ToArray();
            var stack = new Stack<ShardRange>();
            foreach (var (a, b) in borders.Zip(borders.Skip(1)))
            {
                foreach (var node in CanonicalTree.Cover(new ShardRange(a, b), t.v))
                {
                    var top = node;
                    while (stack.Count > 0 && CanonicalTree.AreSiblings(stack.Peek(), top, t.v))
                        top = new ShardRange(stack.Pop().Start, top.End);
                    stack.Push(top);
                }
            }

            Assert.Equal(new ShardRange(0, t.v), Assert.Single(stack));
        });
}
