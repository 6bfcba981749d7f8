using CsCheck;
using DyT.Collectives;
using DyT.Training.Gradients;

namespace DyT.Training.Tests.Gradients;

public sealed class GradientAccumulatorTests
{
    private const int Length = 37;

    private static float[] Leaf(int microShard)
    {
        var random = new Random(1000 + microShard);
        return [.. Enumerable.Range(0, Length).Select(_ => (float)(random.NextDouble() - 0.5) * MathF.Pow(10, random.Next(-6, 6)))];
    }

    // The tree by its definition, top down, in plain scalar code.
    private static float[] Sum(int start, int size, int v)
    {
        if (size == 1)
            return Leaf(start);
        var half = size / 2;
        var left = Sum(start, half, v);
        if (start + half >= v)
            return left;
        var right = Sum(start + half, half, v);
        return [.. left.Zip(right, (a, b) => a + b)];
    }

    private static float[] Node(ShardRange node, int v)
    {
        var size = 1;
        while (size < node.Count)
            size *= 2;
        return Sum(node.Start, size, v);
    }

    [Fact]
    public void Partials_are_the_tree_s_sums_of_the_cover_for_any_range() =>
        (from v in Gen.Int[1, 33] from a in Gen.Int[0, v - 1] from b in Gen.Int[a + 1, v] select (v, a, b)).Sample(t =>
        {
            var accumulator = new GradientAccumulator(Length, t.v);
            var buffer = new float[Length];

            // Two steps with one accumulator: buffers are reused and must not leak from one to the other.
            for (var step = 0; step < 2; step++)
            {
                accumulator.Begin(new ShardRange(t.a, t.b));
                for (var m = t.a; m < t.b; m++)
                {
                    Leaf(m).CopyTo(buffer, 0);
                    accumulator.Add(buffer);
                    if (m + 1 < t.b)
                        Array.Fill(buffer, float.NaN); // the leaf may be overwritten
                }

                var cover = CanonicalTree.Cover(new ShardRange(t.a, t.b), t.v);
                var partials = accumulator.Finish(0, Length);
                Assert.Equal(cover.Count, partials.Count);
                foreach (var (node, partial) in cover.Zip(partials))
                    Assert.Equal(Node(node, t.v), partial.ToArray());
            }
        });

    [Fact]
    public void Pieces_finished_as_the_last_leaf_comes_are_the_whole_s_bits() =>
        (from v in Gen.Int[1, 33] from a in Gen.Int[0, v - 1] from b in Gen.Int[a + 1, v] from size in Gen.Int[1, Length] select (v, a, b, size)).Sample(t =>
        {
            var accumulator = new GradientAccumulator(Length, t.v);
            var buffer = new float[Length];
            for (var step = 0; step < 2; step++)
            {
                accumulator.Begin(new ShardRange(t.a, t.b));
                for (var m = t.a; m < t.b; m++)
                {
                    if (m + 1 < t.b)
                        Leaf(m).CopyTo(buffer, 0);
                    else
                        Array.Fill(buffer, float.NaN); // not there yet
                    accumulator.Add(buffer);
                }

                // From the end to the start, each piece right after its elements are there.
                var cover = CanonicalTree.Cover(new ShardRange(t.a, t.b), t.v);
                var sums = cover.Select(_ => new float[Length]).ToArray();
                for (var end = Length; end > 0; end -= t.size)
                {
                    var start = Math.Max(0, end - t.size);
                    Leaf(t.b - 1).AsSpan(start, end - start).CopyTo(buffer.AsSpan(start));
                    foreach (var (sum, piece) in sums.Zip(accumulator.Finish(start, end - start)))
                        piece.Span.CopyTo(sum.AsSpan(start));
                }

                foreach (var (node, sum) in cover.Zip(sums))
                    Assert.Equal(Node(node, t.v), sum);
            }
        });

    [Fact]
    public void An_empty_range_has_no_partial_sums()
    {
        var accumulator = new GradientAccumulator(Length, 4);
        accumulator.Begin(new ShardRange(2, 2));
        Assert.Empty(accumulator.Finish(0, Length));
    }

    [Fact]
    public void An_element_finished_twice_is_noticed()
    {
        var accumulator = new GradientAccumulator(Length, 2);
        accumulator.Begin(new ShardRange(0, 1));
        accumulator.Add(Leaf(0));
        accumulator.Finish(0, Length);
        Assert.Throws<InvalidOperationException>(() => accumulator.Finish(0, 1));
    }

    [Fact]
    public void A_missing_micro_shard_is_noticed()
    {
        var accumulator = new GradientAccumulator(Length, 4);
        accumulator.Begin(new ShardRange(0, 2));
        accumulator.Add(Leaf(0));
        Assert.Throws<InvalidOperationException>(() => accumulator.Finish(0, Length));
    }

    [Fact]
    public void One_micro_shard_too_many_is_noticed()
    {
        var accumulator = new GradientAccumulator(Length, 4);
        accumulator.Begin(new ShardRange(0, 1));
        accumulator.Add(Leaf(0));
        Assert.Throws<InvalidOperationException>(() => accumulator.Add(Leaf(1)));
    }
}
