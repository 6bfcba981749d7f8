using DyT.Collectives;
using DyT.Training.Optimization;

namespace DyT.Training.Sharding;

/// <summary>What moves between workers.</summary>
public enum ShardPart
{
    /// <summary>Summed gradients of the step, for whoever has not done its update yet.</summary>
    Gradients,
    Weights,
    Moments,
}

/// <summary>One piece on its way. From and to may be the same rank, which then reads it from its checkpoint.</summary>
/// <param name="FromDisk">The sender reads it from its checkpoint.</param>
public readonly record struct ShardMove(ShardPart Part, int From, int To, FlatRange Range, bool FromDisk = false);

/// <summary>
/// How a generation comes to one state, from everyone's records: pure, and so the same on every rank. The highest step that anybody's pieces have counts, since
/// whoever did its update has the summed gradients too, and so those that had not come to it can still do it (<see cref="Redo"/>). Then every rank receives
/// the weights and the moments that it lacks from those that have them, or from a checkpoint of that very step.
/// </summary>
public sealed record ReshardPlan
{
    /// <summary>The step that the generation goes on from; -1: nobody has any state.</summary>
    public required long Step { get; init; }

    /// <summary>Elements of which nobody has weights and moments of the step; null when all is well.</summary>
    public FlatRange? Missing { get; init; }

    /// <summary>Ranks whose pieces are of the step before: they do the update, or (see <see cref="Summed"/>) count it as done.</summary>
    public IReadOnlyList<int> Redo { get; init; } = [];

    /// <summary>How the update is done; null when the guard left it out.</summary>
    public SummedGradients? Summed { get; init; }

    /// <summary>In the order in which both ends begin them.</summary>
    public IReadOnlyList<ShardMove> Moves { get; init; } = [];

    /// <summary>Ranks that know most of the position (evaluations, skipped steps); the first tells the others.</summary>
    public IReadOnlyList<int> Knowing { get; init; } = [];

    /// <summary>Ranks with all weights of the step, of the majority's bits; none while everyone broke off in the middle of gathering them.</summary>
    public IReadOnlyList<int> Whole { get; init; } = [];

    /// <summary>Ranks whose weights are of the step but not the majority's.</summary>
    public IReadOnlyList<int> Damaged { get; init; } = [];

    /// <summary>Ranks whose pieces are of the step, those that redo it included.</summary>
    public IReadOnlyList<int> Current { get; init; } = [];

    /// <param name="records">By rank.</param>
    /// <param name="layout">Of the generation that begins.</param>
    /// <param name="hasMoments">Whether the optimizer remembers anything.</param>
    public static ReshardPlan Of(IReadOnlyList<ShardRecord> records, PieceLayout layout, bool hasMoments)
    {
        var ranks = Enumerable.Range(0, records.Count).ToList();
        var step = records.Max(r => Math.Max(r.WeightsStep, r.HeldStep));
        if (step < 0)
            return new ReshardPlan { Step = -1 };

        var leftOut = records.Any(r => r.HeldStep == step && r.LeftOut);
        var summing = ranks.FindAll(r => records[r].SummedStep == step && records[r].HeldStep == step);
        var redo = ranks.FindAll(r => records[r].HeldStep == step - 1 && records[r].Held.Count > 0 && (leftOut || summing.Count > 0));
        var current = ranks.FindAll(r => records[r].HeldStep == step || redo.Contains(r));
        var knowing = Knows(records, ranks.FindAll(r => records[r].HeldStep == step || records[r].WeightsStep == step));
        var (whole, damaged) = Compare(records, ranks.FindAll(r => records[r].WeightsStep == step));

        var moves = new List<ShardMove>();
        if (!leftOut)
        {
            // The whole sums, not those of its pieces alone: who has done the update can always help others to it.
            moves.AddRange(redo.SelectMany(to => summing.Select((from, i) => new ShardMove(ShardPart.Gradients, from, to, Stripe(i)))).Where(m => !m.Range.IsEmpty));
        }

        var disk = ranks.FindAll(r => records[r].DiskStep == step);
        FlatRange? missing = null;
        var turn = 0;
        var wanted = ranks.ConvertAll(layout.RangesOf);
        foreach (var range in Atoms(records, current, layout))
        {
            var holders = current.FindAll(r => records[r].Held.Any(h => h.Contains(range)));
            Deal(ShardPart.Weights, range, whole.Count > 0 ? whole : holders, [], r => !whole.Contains(r) && (damaged.Contains(r) || !holders.Contains(r)));
            if (hasMoments)
                Deal(ShardPart.Moments, range, holders, disk, r => !holders.Contains(r) && wanted[r].Any(h => h.Contains(range)));
        }

        return new ReshardPlan
        {
            Step = step,
            Missing = missing,
            Redo = redo,
            Summed = leftOut || redo.Count == 0 ? null : records[summing[0]].Summed,
            Moves = moves,
            Knowing = knowing,
            Whole = whole,
            Damaged = damaged,
            Current = current,
        };

        FlatRange Stripe(int part)
        {
            var (start, end) = Slicing.Of(layout.Length, part, summing.Count);
            return new FlatRange(start, end);
        }

        // Senders take turns, so that several network cards share the work. A rank that can read it from its own checkpoint does not ask others to.
        void Deal(ShardPart part, FlatRange range, List<int> senders, List<int> readers, Predicate<int> lacks)
        {
            foreach (var to in ranks.FindAll(lacks))
            {
                if (senders.Count > 0)
                    moves.Add(new ShardMove(part, senders[turn++ % senders.Count], to, range));
                else if (readers.Count > 0)
                    moves.Add(new ShardMove(part, readers.Contains(to) ? to : readers[turn++ % readers.Count], to, range, FromDisk: true));
                else
                    missing ??= range;
            }
        }
    }

    private static List<int> Knows(IReadOnlyList<ShardRecord> records, List<int> ranks)
    {
        var most = ranks.Max(r => (records[r].Evaluated, records[r].Skipped));
        return ranks.FindAll(r => (records[r].Evaluated, records[r].Skipped) == most);
    }

    /// <summary>Those with the majority's bits, with equal votes those of the lowest rank; and the others.</summary>
    private static (List<int> Whole, List<int> Damaged) Compare(IReadOnlyList<ShardRecord> records, List<int> ranks)
    {
        if (ranks.Count == 0)
            return ([], []);
        var right = Majority(ranks, r => records[r].Hash);
        return (right, [.. ranks.Except(right)]);
    }

    internal static List<int> Majority(IEnumerable<int> ranks, Func<int, UInt128> hash) =>
        [.. ranks.GroupBy(hash).OrderByDescending(g => g.Count()).ThenBy(g => g.Min()).First()];

    /// <summary>The buffer cut at every border of a piece, old or new: each part lies in one segment of whoever holds it.</summary>
    private static IEnumerable<FlatRange> Atoms(IReadOnlyList<ShardRecord> records, List<int> current, PieceLayout layout)
    {
        var borders = new SortedSet<int> { 0, layout.Length };
        foreach (var range in current.SelectMany(r => records[r].Held).Concat(Enumerable.Range(0, layout.WorldSize).SelectMany(layout.Piece)))
        {
            borders.Add(range.Start);
            borders.Add(range.End);
        }

        return borders.Zip(borders.Skip(1), (start, end) => new FlatRange(start, end));
    }
}
