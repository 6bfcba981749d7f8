using System.Runtime.InteropServices;
using DyT.Collectives;
using DyT.Model;
using DyT.Training.Gradients;
using DyT.Training.Optimization;
using DyT.Training.Session;

namespace DyT.Training.Sharding;

/// <summary>
/// Optimizer state in pieces (the first stage of ZeRO, arXiv 1910.02054) that survive the loss of their holders: each rank holds and updates the moments of its own
/// piece and of <c>optimizer.replicas</c> neighbours', from the same summed gradients, so that replicas are the same bits without being sent. Weights stand
/// whole on every rank and are gathered after each update, beside the next step's forward where nobody needs them earlier.
/// </summary>
/// <remarks>
/// Invariant: from the update of a step on, until its own gathering is complete and so has shown that all have done the update, each rank that has done it keeps the
/// step's summed gradients. So one survivor that has done it is enough for the others to do it too (<see cref="ReshardPlan"/>); no step is ever undone.
/// </remarks>
internal sealed class ShardedState : IStateLayout
{
    private readonly TrainerState _state;
    private readonly ICollective _collective;
    private readonly SessionCheckpoints _checkpoints;
    private readonly int _replicas;
    private readonly PieceLayout _layout;
    private readonly WeightGather _gather;

    /// <param name="parts">What outlives the generation.</param>
    /// <param name="collective">The generation's.</param>
    /// <param name="thread">Gathers while forward goes on; null: all wait.</param>
    public ShardedState(SessionParts parts, ICollective collective, CommunicationThread? thread)
    {
        _state = parts.State;
        _collective = collective;
        _checkpoints = parts.Checkpoints;
        _replicas = parts.Config.Optimizer.Replicas;
        _layout = new PieceLayout(_state.Layout.Length, collective.WorldSize, _replicas);
        var neededBy = BlocksNeeded.By(_layout.Blocks, _state.Layout, GradientMarks.Of(parts.Config.Model, _state.Layout));
        _gather = new WeightGather(collective, _state.Parameters.Weights, _layout.Blocks, neededBy, thread, parts.Trace);
    }

    private int Moment => _state.Optimizer.MomentNames.Count;

    private int Lead => _collective.Plan.LeadRank;

    public Synchronisation Synchronise(bool wait)
    {
        var plan = Exchange();
        string? fallback = null;
        if (plan.Step < 0 || plan.Missing is not null)
        {
            var lost = plan;
            _checkpoints.Settle(_collective);
            _checkpoints.RestoreNewestOrReset();
            plan = Exchange();
            if (plan.Step < 0 || plan.Missing is not null)
                throw new InvalidOperationException("a state that was just read from a checkpoint is not whole");
            if (lost.Step > plan.Step)
            {
                fallback = $"more than optimizer.replicas ({_replicas}) neighbouring holders of optimizer state were lost at once, so nobody has all of step {lost.Step}: "
                    + $"everyone went back to step {plan.Step} (the newest checkpoint, or the beginning), what came after it is done again";
            }
        }

        var mover = new ShardMover(_state, _collective, _checkpoints);
        Redo(plan, mover);
        TakePosition(plan);
        TakePieces(plan, mover);
        var behind = plan.Moves.Where(m => m.From != m.To).Select(m => m.To).Distinct().Order();
        return new Synchronisation(new StateAgreement(plan.Step, plan.Whole.Count > 0 ? plan.Whole : plan.Current, [.. behind], plan.Damaged), null, mover.ReceivedBytes, mover.Seconds, fallback);
    }

    public StateAgreement Audit(bool observing)
    {
        var pieces = _layout.PiecesOf(_collective.Rank).ToList();
        UInt128[] own = [BufferHash.Of([_state.Parameters.Weights]), .. pieces.Select(p => BufferHash.Of(_layout.Piece(p).SelectMany(_state.Moments.Slice)))];
        var all = new UInt128[own.Length * _collective.WorldSize];
        var received = new byte[all.Length * 16];
        _collective.AllGather(MemoryMarshal.AsBytes(own.AsSpan()).ToArray(), received);
        MemoryMarshal.Cast<byte, UInt128>(received).CopyTo(all);
        UInt128[] Of(int rank) => all[(rank * own.Length)..((rank + 1) * own.Length)];
        var ranks = Enumerable.Range(0, _collective.WorldSize).ToList();
        var audit = ShardAudit.Of(ranks.ConvertAll(r => Of(r)[0]), ranks.ConvertAll(r => Of(r)[1..]), _layout);
        new ShardMover(_state, _collective, _checkpoints).Run(audit.Moves, _state.Moments);
        return new StateAgreement(_state.CommittedStep, audit.Sources, audit.Damaged, audit.Damaged);
    }

    public void Finish(long step, bool applied)
    {
        _state.HeldStep = step;
        if (!applied)
        {
            _state.CommittedStep = step;
            return;
        }

        _state.CommittedStep = -1; // the held pieces are of this step, the others of the one before
        _gather.Begin();
    }

    public bool IsArriving => _gather.IsPending;

    public void Await(int mark) => _gather.Await(mark);

    public CommunicationTime Complete()
    {
        var time = _gather.Complete();
        _state.CommittedStep = _state.HeldStep;
        return time;
    }

    public void Save(Action<string> onProblem)
    {
        var wanted = new byte[1];
        if (_collective.Rank == Lead)
            wanted[0] = _checkpoints.IsSaved ? (byte)0 : (byte)1;
        _collective.Broadcast(Lead, wanted);
        if (wanted[0] == 0)
            return;
        if (_collective.Rank == Lead)
            _checkpoints.AwaitEarlier(onProblem);
        var whole = GatherMoments();
        if (_collective.Rank == Lead)
            _checkpoints.Save(onProblem, whole);
    }

    public void BeforeHandOver(GenerationPlan next, Action<string> onProblem)
    {
        var staying = Enumerable.Range(0, _collective.WorldSize).Where(r => next.RankOf(_collective.Plan.Members[r].Name) >= 0).ToList();
        if (staying.Count == 0)
            SaveForOthers(onProblem);
        else if (Moment > 0)
            GiveToStaying(HandOver.Moves(_layout, staying));
    }

    /// <summary>Nobody stays: whoever comes next begins with what is on disk.</summary>
    private void SaveForOthers(Action<string> onProblem)
    {
        if (_collective.Rank == Lead)
            _checkpoints.AwaitEarlier(onProblem); // what could not be written before is tried once more
        Save(onProblem);
        if (_collective.Rank == Lead)
            _checkpoints.AwaitEarlier(onProblem);
        _collective.Barrier();
    }

    /// <summary>
    /// Those who stay take what nobody of them has, beside their own pieces. It is of the same step and updated with these, so if the hand-over breaks, all is
    /// as it was, or a piece has one holder more: the old members can go on too. Whoever gets all that it needs in the next generation lets it go.
    /// </summary>
    private void GiveToStaying(IReadOnlyList<ShardMove> moves)
    {
        if (moves.Count == 0)
            return;
        var received = new Moments([.. moves.Where(m => m.To == _collective.Rank).Select(m => MomentSegment.Zero(Moment, m.Range))]);
        new ShardMover(_state, _collective, _checkpoints).Run(moves, received);
        _state.Moments = _state.Moments.With(received.Segments);
        _collective.Barrier(); // nobody closes a connection by which a piece is still on its way
    }

    private ReshardPlan Exchange()
    {
        var own = Record().Encode();
        var counts = new long[_collective.WorldSize];
        Share([own.Length], counts);
        var longest = (int)Math.Clamp(counts.Max(), own.Length, 1 << 16);
        var all = new long[longest * _collective.WorldSize];
        Array.Resize(ref own, longest);
        Share(own, all);
        return ReshardPlan.Of(
            [.. Enumerable.Range(0, _collective.WorldSize).Select(r => ShardRecord.Decode(all.AsSpan(r * longest, (int)Math.Clamp(counts[r], 0, longest)), _layout.Length))],
            _layout,
            Moment > 0);
    }

    private ShardRecord Record() => new()
    {
        WeightsStep = _state.CommittedStep,
        Hash = _state.CommittedStep >= 0 ? BufferHash.Of([_state.Parameters.Weights]) : default,
        Evaluated = _state.EvaluatedStep,
        Skipped = _state.SkippedSteps.Count,
        HeldStep = _state.HeldStep,
        LeftOut = _state.SkippedSteps.Contains(_state.HeldStep),
        DiskStep = _checkpoints.ReadableStep,
        SummedStep = _state.Summed?.Step ?? -1,
        LearningRate = _state.Summed?.LearningRate ?? 0,
        GradientScale = _state.Summed?.Scale ?? 0,
        Held = [.. _state.Moments.Segments.Select(s => s.Range)],
    };

    /// <summary>Brings pieces of the step before to the step, from the gradients that others kept.</summary>
    private void Redo(ReshardPlan plan, ShardMover mover)
    {
        mover.Run(plan.Moves.Where(m => m.Part == ShardPart.Gradients), Moments.None);
        if (!plan.Redo.Contains(_collective.Rank))
            return;
        _state.Summed = plan.Summed;
        if (plan.Summed is { } summed)
            _state.Update(summed.Step, summed.LearningRate, summed.Scale, _state.Parameters.Gradients.Span);
        _state.CommittedStep = -1;
        _state.HeldStep = plan.Step;
    }

    /// <summary>Who knows less of evaluations and skipped steps than others takes over what those know.</summary>
    private void TakePosition(ReshardPlan plan)
    {
        var header = StateHeader.Broadcast(_collective, plan.Knowing[0], () => _checkpoints.Capture() with { Step = plan.Step });
        if (!plan.Knowing.Contains(_collective.Rank))
            _checkpoints.RestorePosition(header);
    }

    /// <summary>
    /// Receives what is lacking. Old pieces stay until everybody has the new ones: whatever breaks meanwhile, each piece is where it was or where it should be.
    /// </summary>
    private void TakePieces(ReshardPlan plan, ShardMover mover)
    {
        if (!plan.Current.Contains(_collective.Rank))
            _state.ForgetMoments(); // of another step; the weights beside them are about to change
        if (plan.Moves.Any(m => m.Part == ShardPart.Weights && m.To == _collective.Rank))
            _state.CommittedStep = -1;
        var old = _state.Moments.Segments;
        var pieces = new Moments([.. _layout.RangesOf(_collective.Rank).Select(range => old.FirstOrDefault(s => s.Range == range) ?? Assembled(range, old))]);
        mover.Run(plan.Moves.Where(m => m.Part != ShardPart.Gradients), pieces);
        _state.Moments = pieces.With(old);
        _state.HeldStep = plan.Step;
        _state.CommittedStep = plan.Step;
        _collective.Barrier();
        _state.Moments = pieces;
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
    private IReadOnlyList<Memory<float>> GatherMoments()
    {
        var all = new FlatRange(0, _layout.Length);
        var whole = _collective.Rank == Lead ? new Moments([Assembled(all, _state.Moments.Segments)]) : Moments.None;
        var missing = Enumerable.Range(0, _collective.WorldSize)
            .Where(piece => Moment > 0 && !_layout.HoldersOf(piece).Contains(Lead))
            .SelectMany(piece => _layout.Piece(piece).Select(range => new ShardMove(ShardPart.Moments, piece, Lead, range)));
        new ShardMover(_state, _collective, _checkpoints).Run(missing, whole);
        return _collective.Rank == Lead ? whole.Slice(all) : [];
    }

    private void Share(long[] own, long[] all)
    {
        var received = new byte[all.Length * sizeof(long)];
        _collective.AllGather(MemoryMarshal.AsBytes(own.AsSpan()).ToArray(), received);
        MemoryMarshal.Cast<byte, long>(received).CopyTo(all);
    }
}
