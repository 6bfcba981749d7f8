using CsCheck;
using DyT.Training.Optimization;
using DyT.Training.Sharding;

namespace DyT.Training.Tests.Sharding;

public sealed class ReshardPlanTests
{
    private const int Length = 997;
    private const long Step = 7;

    /// <summary>How far a member had come when its generation broke.</summary>
    private enum Place
    {
        Before,
        Updated,
        Committed,
    }

    private static ShardRecord Member(PieceLayout old, int rank, Place place) => new()
    {
        WeightsStep = place switch { Place.Before => Step - 1, Place.Updated => -1, _ => Step },
        Hash = place == Place.Before ? 1u : 2u,
        HeldStep = place == Place.Before ? Step - 1 : Step,
        SummedStep = place == Place.Before ? -1 : Step,
        LearningRate = 0.5,
        GradientScale = 0.25f,
        Held = old.RangesOf(rank),
    };

    /// <summary>A process that has just begun, with the newest checkpoint or without.</summary>
    private static ShardRecord Newcomer(long disk) => new() { WeightsStep = disk, Hash = 3, DiskStep = disk };

    /// <summary>Applies a plan to sets of elements, checking that whoever sends has what it sends; what each rank has in the end.</summary>
    private static void Check(ReshardPlan plan, List<ShardRecord> records, PieceLayout layout)
    {
        Assert.Null(plan.Missing);
        var weights = records.Select(r => Enumerable.Repeat(r.WeightsStep, Length).ToArray()).ToArray();
        var moments = records.Select(_ => Enumerable.Repeat(-1L, Length).ToArray()).ToArray();
        var gradients = records.Select(r => Enumerable.Repeat(r.SummedStep == plan.Step, Length).ToArray()).ToArray();
        void Set<T>(T[] values, FlatRange range, T value) => Array.Fill(values, value, range.Start, range.Length);
        bool All<T>(T[] values, FlatRange range, T value) => values.AsSpan(range.Start, range.Length).IndexOfAnyExcept([value]) < 0;
        for (var r = 0; r < records.Count; r++)
        {
            foreach (var held in records[r].Held)
            {
                Set(weights[r], held, records[r].HeldStep);
                Set(moments[r], held, records[r].HeldStep);
            }
        }

        foreach (var move in plan.Moves.Where(m => m.Part == ShardPart.Gradients))
        {
            Assert.True(All(gradients[move.From], move.Range, true));
            Set(gradients[move.To], move.Range, true);
        }

        foreach (var rank in plan.Redo)
        {
            // Whoever has done the update has all sums, so that the next break finds somebody to go on from.
            Assert.True(plan.Summed is null || All(gradients[rank], new FlatRange(0, Length), true));
            foreach (var held in records[rank].Held)
            {
                Assert.Equal(plan.Step - 1, records[rank].HeldStep);
                Set(weights[rank], held, plan.Step);
                Set(moments[rank], held, plan.Step);
            }
        }

        foreach (var move in plan.Moves.Where(m => m.Part != ShardPart.Gradients))
        {
            var part = move.Part == ShardPart.Weights ? weights : moments;
            Assert.True(move.FromDisk ? records[move.From].DiskStep == plan.Step : All(part[move.From], move.Range, plan.Step));
            Assert.False(All(part[move.To], move.Range, plan.Step) && !plan.Damaged.Contains(move.To), "what is there already is sent once more");
            Set(part[move.To], move.Range, plan.Step);
        }

        for (var r = 0; r < records.Count; r++)
        {
            Assert.All(weights[r], s => Assert.Equal(plan.Step, s));
            Assert.All(layout.RangesOf(r), range => Assert.True(All(moments[r], range, plan.Step)));
        }
    }

    private static readonly Gen<(int World, int Replicas, bool[] Lost, int[] Places, int Newcomers, int Blocks)> Breaks =
        from world in Gen.Int[1, 7]
        from replicas in Gen.Int[0, 3]
        from lost in Gen.Bool.Array[world]
        from places in Gen.Int[0, 1].Array[world]
        from newcomers in Gen.Int[0, 2]
        from blocks in Gen.Int[1, 4]
        select (world, replicas, lost, places, newcomers, blocks);

    [Fact]
    public void Survivors_come_to_one_state_when_no_more_neighbours_are_lost_than_there_are_replicas() =>
        Breaks.Sample(t =>
        {
            var old = new PieceLayout(Length, t.World, t.Replicas, t.Blocks);
            var survivors = Enumerable.Range(0, t.World).Where(r => !t.Lost[r]).ToList();
            // Around the ring: more than replicas in a row, and their pieces are gone.
            var coverable = Enumerable.Range(0, t.World).All(start => Enumerable.Range(0, Math.Min(t.World, t.Replicas + 1)).Any(i => !t.Lost[(start + i) % t.World]));
            if (survivors.Count == 0)
                return;
            // Either some have done the update and some not, or some have committed and some not yet.
            foreach (var first in new[] { Place.Before, Place.Updated })
            {
                List<ShardRecord> records = [.. survivors.Select(r => Member(old, r, first + t.Places[r])), .. Enumerable.Repeat(Newcomer(3), t.Newcomers)];
                var layout = new PieceLayout(Length, records.Count, t.Replicas, t.Blocks);
                var plan = ReshardPlan.Of(records, layout, hasMoments: true);
                Assert.Equal(coverable, plan.Missing is null);
                Assert.Equal(survivors.Max(r => Member(old, r, first + t.Places[r]).HeldStep), plan.Step);
                if (coverable)
                    Check(plan, records, layout);
            }
        });

    [Fact]
    public void From_a_checkpoint_every_rank_reads_its_own_pieces_and_from_two_the_newer_counts()
    {
        var layout = new PieceLayout(Length, 3, 1);
        List<ShardRecord> same = [Newcomer(4), Newcomer(4), Newcomer(4)];
        var plan = ReshardPlan.Of(same, layout, hasMoments: true);
        Check(plan, same, layout);
        Assert.All(plan.Moves, m => Assert.True(m.FromDisk && m.From == m.To));

        List<ShardRecord> differing = [Newcomer(4), Newcomer(6), Newcomer(0)];
        plan = ReshardPlan.Of(differing, layout, hasMoments: true);
        Assert.Equal(6, plan.Step);
        Check(plan, differing, layout);
        Assert.Equal(-1, ReshardPlan.Of([new ShardRecord()], new PieceLayout(Length, 1, 0), hasMoments: true).Step);
    }

    [Fact]
    public void A_step_without_an_update_needs_no_gradients_to_be_done_again()
    {
        var old = new PieceLayout(Length, 3, 1);
        var skipped = Member(old, 0, Place.Committed) with { LeftOut = true, SummedStep = -1, Skipped = 1 };
        List<ShardRecord> records = [skipped, Member(old, 1, Place.Before)];
        var plan = ReshardPlan.Of(records, new PieceLayout(Length, 2, 1), hasMoments: true);
        Assert.Equal([1], plan.Redo);
        Assert.Null(plan.Summed);
        Assert.Equal([0], plan.Knowing);
        Check(plan, records, new PieceLayout(Length, 2, 1));
    }

    [Fact]
    public void Whose_weights_differ_from_the_majoritys_gets_theirs()
    {
        var old = new PieceLayout(Length, 3, 1);
        List<ShardRecord> records = [Member(old, 0, Place.Committed) with { Hash = 9 }, Member(old, 1, Place.Committed), Member(old, 2, Place.Committed)];
        var plan = ReshardPlan.Of(records, old, hasMoments: true);
        Assert.Equal([0], plan.Damaged);
        Assert.Equal(Length, plan.Moves.Where(m => m.To == 0 && m.Part == ShardPart.Weights && m.From != 0).Sum(m => m.Range.Length));
        Assert.All(plan.Moves, m => Assert.Equal((0, ShardPart.Weights), (m.To, m.Part)));
    }

    [Fact]
    public void An_audit_finds_differing_weights_and_moments_and_heals_them()
    {
        var layout = new PieceLayout(Length, 4, 2);
        UInt128[][] moments = [.. Enumerable.Range(0, 4).Select(r => layout.PiecesOf(r).Select(p => (UInt128)(10 + p)).ToArray())];
        Assert.Empty(ShardAudit.Of([1, 1, 1, 1], moments, layout).Damaged);
        moments[3][1] = 99; // its copy of piece 0, which ranks 0 and 2 hold too
        var audit = ShardAudit.Of([1, 1, 2, 1], moments, layout);
        Assert.Equal([2, 3], audit.Damaged);
        Assert.Equal([0, 1], audit.Sources);
        Assert.Equal([new ShardMove(ShardPart.Moments, 0, 3, Assert.Single(layout.Piece(0)))], audit.Moves.Where(m => m.Part == ShardPart.Moments));
        var healed = audit.Moves.Where(m => m.Part == ShardPart.Weights).ToList();
        Assert.All(healed, m => Assert.Equal(2, m.To));
        Assert.Equal(Length, healed.Sum(m => m.Range.Length));
    }

    [Fact]
    public void A_record_survives_its_way_and_impossible_ones_are_refused()
    {
        var record = Member(new PieceLayout(Length, 3, 1), 2, Place.Updated) with { Hash = UInt128.MaxValue - 5, LeftOut = true, Evaluated = 4, Skipped = 2, DiskStep = 3 };
        var back = ShardRecord.Decode(record.Encode(), Length);
        Assert.Equal(record.Held, back.Held);
        Assert.Equal(record with { Held = [] }, back with { Held = [] });
        Assert.Throws<InvalidDataException>(() => ShardRecord.Decode(record.Encode(), 100));
        Assert.Throws<InvalidDataException>(() => ShardRecord.Decode([1, 2], Length));
    }
}
