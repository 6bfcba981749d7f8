using System.Numerics;
using DyT.Collectives;
using DyT.Collectives.Shared;

namespace DyT.Training.Gradients;

/// <summary>
/// Adds one worker's micro-shard gradients in the order of the <see cref="CanonicalTree"/>, as they come, and ends with the partial sums that
/// <see cref="ICollective.AllReduce"/> takes.
/// </summary>
/// <remarks>
/// Works like a binary counter: at most log2(range) + 1 partial sums wait at any time, plus those that no sibling in the range will meet.
/// Buffers are kept from step to step, so a step allocates nothing. The newest leaf is added into its sibling where it stands; it is copied only
/// when it has to wait for a later one. The range's last leaf completes whole sums; they are finished piece by piece, as its elements become final.
/// </remarks>
/// <param name="length">Elements of a gradient.</param>
/// <param name="microShards">Of a step.</param>
/// <param name="arena">Where its buffers stand, as far as there is room; null: anywhere.</param>
public sealed class GradientAccumulator(int length, int microShards, SharedArena? arena = null)
{
    private readonly Stack<Memory<float>> _free = new();
    private readonly List<Partial> _pending = [];
    private readonly List<(Memory<float> Left, Partial Right)> _deferred = []; // the last leaf's additions, in order
    private ShardRange _range;
    private int _next;
    private int _finished; // elements

    /// <summary>Buffers that a range takes at most: a counter's digits, and those on both sides of the range that no sibling in it meets.</summary>
    public static int MostBuffers(int microShards) => 2 * (BitOperations.Log2((uint)microShards) + 1);

    /// <summary>Starts a step in which this worker holds <paramref name="range"/>.</summary>
    public void Begin(ShardRange range)
    {
        foreach (var partial in _pending)
            Release(partial);
        foreach (var (_, right) in _deferred)
            Release(right);
        _pending.Clear();
        _deferred.Clear();
        _range = range;
        _next = range.Start;
        _finished = 0;
    }

    /// <summary>
    /// Takes the gradient of the next micro-shard of the range. <paramref name="leaf"/> may be overwritten afterwards. Not so the range's last one: it is
    /// only noted, its values may come later, and <see cref="Finish"/> reads and refers to them.
    /// </summary>
    public void Add(Memory<float> leaf)
    {
        if (leaf.Length != length)
            throw new ArgumentException($"a gradient of {leaf.Length} elements where {length} are expected", nameof(leaf));
        if (_next >= _range.End)
            throw new InvalidOperationException("all micro-shards of the range were added already");

        var node = new Partial(new ShardRange(_next, _next + 1), leaf, null);
        _next++;
        var isLast = _next == _range.End;
        while (_pending.Count > 0 && CanonicalTree.AreSiblings(_pending[^1].Node, node.Node, microShards))
        {
            var left = _pending[^1];
            _pending.RemoveAt(_pending.Count - 1);
            if (isLast)
            {
                _deferred.Add((left.Values, node));
            }
            else
            {
                VectorAdd.InPlace(left.Values.Span, node.Values.Span);
                Release(node);
            }

            node = left with { Node = new ShardRange(left.Node.Start, node.Node.End) };
        }

        // Owner is null while the values are still the caller's leaf.
        if (node.Owner is null && !isLast)
        {
            var copy = _free.TryPop(out var buffer) ? buffer : arena?.TryAllocate(length) ?? new float[length];
            leaf.CopyTo(copy);
            node = node with { Values = copy, Owner = copy };
        }

        _pending.Add(node);
    }

    /// <summary>
    /// The sums of the nodes <c>CanonicalTree.Cover(range, V)</c>, each cut to the elements [start, start + count), where the last leaf must be final.
    /// Once per element and step; from any thread, one at a time, after all leaves were added. Element by element the additions are the same, so that
    /// the bits do not depend on how the buffer is cut.
    /// </summary>
    public List<Memory<float>> Finish(int start, int count)
    {
        if (_next != _range.End)
            throw new InvalidOperationException($"micro-shards {_next}..{_range.End - 1} of the range are missing");
        _finished += count;
        if (_finished > length)
            throw new InvalidOperationException("elements were finished twice");
        foreach (var (left, right) in _deferred)
            VectorAdd.InPlace(left.Span.Slice(start, count), right.Values.Span.Slice(start, count));
        return _pending.ConvertAll(p => p.Values.Slice(start, count));
    }

    private void Release(Partial partial)
    {
        if (partial.Owner is not null)
            _free.Push(partial.Owner.Value);
    }

    private sealed record Partial(ShardRange Node, Memory<float> Values, Memory<float>? Owner);
}
