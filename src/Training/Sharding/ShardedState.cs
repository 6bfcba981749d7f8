using System.Runtime.InteropServices;
using DyT.Collectives;
using DyT.Training.Optimization;
using DyT.Training.Session;

namespace DyT.Training.Sharding;

/// <summary>
/// Optimizer state in pieces (the first stage of ZeRO, arXiv 1910.02054) that survive the loss of their holders: each rank holds and updates the moments of its own
/// piece and of <c>optimizer.replicas</c> neighbours', from the same summed gradients, so that replicas are the same bits without being sent. Weights stand
/// whole on every rank and are gathered after each update.
/// </summary>
/// <remarks>
/// Invariant: from the update of a step on, until the exchange of the next one has shown that all have come to its end, each rank that has done the update keeps the
/// step's summed gradients. So one survivor that has done it is enough for the others to do it too (<see cref="ReshardPlan"/>); no step is ever undone.
/// </remarks>
internal sealed class ShardedState(TrainerState state, ICollective collective, SessionCheckpoints checkpoints, int replicas) : IStateLayout
{
    private readonly PieceLayout _layout = new(state.Layout.Length, collective.WorldSize, replicas);

    private int Moment => state.Optimizer.MomentNames.Count;

    private int Lead => collective.Plan.LeadRank;

    public Synchronisation Synchronise(bool wait)
    {
        var plan = Exchange();
        string? fallback = null;
        if (plan.Step < 0 || plan.Missing is not null)
        {
            var lost = plan;
            checkpoints.Settle(collective);
            checkpoints.RestoreNewestOrReset();
            plan = Exchange();
            if (plan.Step < 0 || plan.Missing is not null)
                throw new InvalidOperationException("a state that was just read from a checkpoint is not whole");
            if (lost.Step > plan.Step)
            {
                fallback = $"more than optimizer.replicas ({replicas}) neighbouring holders of optimizer state were lost at once, so nobody has all of step {lost.Step}: "
                    + $"everyone went back to step {plan.Step} (the newest checkpoint, or the beginning), what came after it is done again";
            }
        }

        var mover = new ShardMover(state, collective, checkpoints);
        Redo(plan, mover);
        TakePosition(plan);
        TakePieces(plan, mover);
        var behind = plan.Moves.Where(m => m.From != m.To).Select(m => m.To).Distinct().Order();
        return new Synchronisation(new StateAgreement(plan.Step, plan.Whole.Count > 0 ? plan.Whole : plan.Current, [.. behind], plan.Damaged), null, mover.ReceivedBytes, mover.Seconds, fallback);
    }

    public StateAgreement Audit(bool observing)
    {
        var pieces = _layout.PiecesOf(collective.Rank).ToList();
        UInt128[] own = [BufferHash.Of([state.Parameters.Weights]), .. pieces.Select(p => _layout.Piece(p) is { IsEmpty: false } range ? BufferHash.Of(state.Moments.Slice(range)) : default)];
        var all = new UInt128[own.Length * collective.WorldSize];
        var received = new byte[all.Length * 16];
        collective.AllGather(MemoryMarshal.AsBytes(own.AsSpan()).ToArray(), received);
        MemoryMarshal.Cast<byte, UInt128>(received).CopyTo(all);
        UInt128[] Of(int rank) => all[(rank * own.Length)..((rank + 1) * own.Length)];
        var ranks = Enumerable.Range(0, collective.WorldSize).ToList();
        var audit = ShardAudit.Of(ranks.ConvertAll(r => Of(r)[0]), ranks.ConvertAll(r => Of(r)[1..]), _layout);
        new ShardMover(state, collective, checkpoints).Run(audit.Moves, state.Moments);
        return new StateAgreement(state.CommittedStep, audit.Sources, audit.Damaged, audit.Damaged);
    }

    public void Finish(long step, bool applied)
    {
        if (applied)
            state.CommittedStep = -1; // the held pieces are of this step, the others of the one before
        state.HeldStep = step;
        if (applied)
            collective.AllGather(state.Parameters.Weights);
        state.CommittedStep = step;
    }

    public void Save(Action<string> onProblem)
    {
        var wanted = new byte[1];
        if (collective.Rank == Lead)
            wanted[0] = checkpoints.IsSaved ? (byte)0 : (byte)1;
        collective.Broadcast(Lead, wanted);
        if (wanted[0] == 0)
            return;
        if (collective.Rank == Lead)
            checkpoints.AwaitEarlier(onProblem);
        var whole = Gather();
        if (collective.Rank == Lead)
            checkpoints.Save(onProblem, whole);
    }

    public void BeforeHandOver(GenerationPlan next, Action<string> onProblem)
    {
        var staying = Enumerable.Range(0, collective.WorldSize).Where(r => next.RankOf(collective.Plan.Members[r].Name) >= 0).ToList();
        if (staying.Count == 0)
            SaveForOthers(onProblem);
        else if (Moment > 0)
            GiveToStaying(HandOver.Moves(_layout, staying));
    }

    /// <summary>Nobody stays: whoever comes next begins with what is on disk.</summary>
    private void SaveForOthers(Action<string> onProblem)
    {
        if (collective.Rank == Lead)
            checkpoints.AwaitEarlier(onProblem); // what could not be written before is tried once more
        Save(onProblem);
        if (collective.Rank == Lead)
            checkpoints.AwaitEarlier(onProblem);
        collective.Barrier();
    }

    /// <summary>
    /// Those who stay take what nobody of them has, beside their own pieces. It is of the same step and updated with these, so if the hand-over breaks, all is
    /// as it was, or a piece has one holder more: the old members can go on too. Whoever gets all that it needs in the next generation lets it go.
    /// </summary>
    private void GiveToStaying(IReadOnlyList<ShardMove> moves)
    {
        if (moves.Count == 0)
            return;
        var received = new Moments([.. moves.Where(m => m.To == collective.Rank).Select(m => MomentSegment.Zero(Moment, m.Range))]);
        new ShardMover(state, collective, checkpoints).Run(moves, received);
        state.Moments = state.Moments.With(received.Segments);
        collective.Barrier(); // nobody closes a connection by which a piece is still on its way
    }

    private ReshardPlan Exchange()
    {
        var own = Record().Encode();
        var counts = new long[collective.WorldSize];
        Share([own.Length], counts);
        var longest = (int)Math.Clamp(counts.Max(), own.Length, 1 << 16);
        var all = new long[longest * collective.WorldSize];
        Array.Resize(ref own, longest);
        Share(own, all);
        return ReshardPlan.Of(
            [.. Enumerable.Range(0, collective.WorldSize).Select(r => ShardRecord.Decode(all.AsSpan(r * longest, (int)Math.Clamp(counts[r], 0, longest)), _layout.Length))],
            _layout,
            Moment > 0);
    }

    private ShardRecord Record() => new()
    {
        WeightsStep = state.CommittedStep,
        Hash = state.CommittedStep >= 0 ? BufferHash.Of([state.Parameters.Weights]) : default,
        Evaluated = state.EvaluatedStep,
        Skipped = state.SkippedSteps.Count,
        HeldStep = state.HeldStep,
        LeftOut = state.SkippedSteps.Contains(state.HeldStep),
        DiskStep = checkpoints.ReadableStep,
        SummedStep = state.Summed?.Step ?? -1,
        LearningRate = state.Summed?.LearningRate ?? 0,
        GradientScale = state.Summed?.Scale ?? 0,
        Held = [.. state.Moments.Segments.Select(s => s.Range)],
    };

    /// <summary>Brings pieces of the step before to the step, from the gradients that others kept.</summary>
    private void Redo(ReshardPlan plan, ShardMover mover)
    {
        mover.Run(plan.Moves.Where(m => m.Part == ShardPart.Gradients), Moments.None);
        if (!plan.Redo.Contains(collective.Rank))
            return;
        state.Summed = plan.Summed;
        if (plan.Summed is { } summed)
            state.Update(summed.Step, summed.LearningRate, summed.Scale, state.Parameters.Gradients.Span);
        state.CommittedStep = -1;
        state.HeldStep = plan.Step;
    }

    /// <summary>Who knows less of evaluations and skipped steps than others takes over what those know.</summary>
    private void TakePosition(ReshardPlan plan)
    {
        var header = StateHeader.Broadcast(collective, plan.Knowing[0], () => checkpoints.Capture() with { Step = plan.Step });
        if (!plan.Knowing.Contains(collective.Rank))
            checkpoints.RestorePosition(header);
    }

    /// <summary>
    /// Receives what is lacking. Old pieces stay until everybody has the new ones: whatever breaks meanwhile, each piece is where it was or where it should be.
    /// </summary>
    private void TakePieces(ReshardPlan plan, ShardMover mover)
    {
        if (!plan.Current.Contains(collective.Rank))
            state.ForgetMoments(); // of another step; the weights beside them are about to change
        if (plan.Moves.Any(m => m.Part == ShardPart.Weights && m.To == collective.Rank))
            state.CommittedStep = -1;
        var old = state.Moments.Segments;
        var pieces = new Moments([.. _layout.RangesOf(collective.Rank).Select(range => old.FirstOrDefault(s => s.Range == range) ?? Assembled(range, old))]);
        mover.Run(plan.Moves.Where(m => m.Part != ShardPart.Gradients), pieces);
        state.Moments = pieces.With(old);
        state.HeldStep = plan.Step;
        state.CommittedStep = plan.Step;
        collective.Barrier();
        state.Moments = pieces;
    }

    /// <summary>A new segment with all that old ones have of it.</summary>
    private MomentSegment Assembled(FlatRange range, IReadOnlyList<MomentSegment> old)
    {
        var segment = MomentSegment.Zero(Moment, range);
        foreach (var source in old)
        {
            var common = range.Intersect(source.Range);
            if (common.IsEmpty)
                continue;
            foreach (var (from, to) in source.Slice(common).Zip(segment.Slice(common)))
                from.CopyTo(to);
        }

        return segment;
    }

    /// <summary>All moments, on the lead; nothing on the others.</summary>
    private IReadOnlyList<Memory<float>> Gather()
    {
        var all = new FlatRange(0, _layout.Length);
        var whole = collective.Rank == Lead ? new Moments([Assembled(all, state.Moments.Segments)]) : Moments.None;
        var missing = Enumerable.Range(0, collective.WorldSize)
            .Where(piece => Moment > 0 && !_layout.Piece(piece).IsEmpty && !_layout.HoldersOf(piece).Contains(Lead))
            .Select(piece => new ShardMove(ShardPart.Moments, piece, Lead, _layout.Piece(piece)));
        new ShardMover(state, collective, checkpoints).Run(missing, whole);
        return collective.Rank == Lead ? whole.Slice(all) : [];
    }

    private void Share(long[] own, long[] all)
    {
        var received = new byte[all.Length * sizeof(long)];
        collective.AllGather(MemoryMarshal.AsBytes(own.AsSpan()).ToArray(), received);
        MemoryMarshal.Cast<byte, long>(received).CopyTo(all);
    }
}
