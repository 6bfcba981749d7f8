using System.Buffers.Binary;
using System.Diagnostics;
using DyT.Collectives;
using DyT.Training.Gradients;

namespace DyT.Training.Session;

/// <summary>
/// Brings workers that are behind to the state of those that are ahead, over the data plane. The flat buffers are striped: each source sends its own piece of
/// each, so that several network cards share the work.
/// </summary>
internal sealed class StateTransfer(TrainerState state, ICollective collective, SessionCheckpoints checkpoints) : IStateLayout
{
    private const int RecordBytes = (2 * sizeof(long)) + sizeof(int) + 16; // committed step, evaluated step, skipped steps, XXH128
    private const int HashAt = RecordBytes - 16;

    private readonly List<(int Rank, IBulkTransfer Transfer)> _outgoing = []; // to observers, while training goes on
    private IncomingState? _incoming;

    private List<Memory<float>> Buffers => [state.Parameters.Weights, .. state.Moments.Segments.SelectMany(s => s.Values)];

    /// <summary>
    /// At the start of a generation: afterwards everyone has the state of the highest committed step, except that an observer's may still be on its way,
    /// which the result says.
    /// </summary>
    /// <param name="wait">Everyone waits for the observers too.</param>
    public Synchronisation Synchronise(bool wait)
    {
        var agreement = Exchange(withOptimizer: false, state.CommittedStep);
        if (agreement.Nobody)
        {
            // All sources died while others were still receiving from them: the newest checkpoint is what is left.
            checkpoints.Settle(collective);
            checkpoints.RestoreNewestOrReset();
            agreement = Exchange(withOptimizer: false, state.CommittedStep);
        }

        return new Synchronisation(agreement, agreement.Behind.Count == 0 ? null : Send(agreement, wait));
    }

    /// <summary>Compares everyone's whole state, optimizer included, and heals whoever differs. An observer whose state is on its way stays out of it.</summary>
    public StateAgreement Audit(bool observing)
    {
        var agreement = Exchange(withOptimizer: true, observing ? -1 : state.CommittedStep);
        agreement = agreement with { Behind = agreement.Damaged };
        if (agreement.Damaged.Count > 0)
            Send(agreement, wait: true);
        return agreement;
    }

    /// <summary>Nothing: everyone has done the whole update.</summary>
    public void Finish(long step, bool applied) => state.CommittedStep = step;

    public bool IsArriving => false;

    public void Await(int mark)
    {
    }

    public CommunicationTime Complete() => default;

    public void Save(Action<string> onProblem)
    {
        if (collective.Rank == collective.Plan.LeadRank)
            checkpoints.Save(onProblem);
    }

    /// <summary>Nothing: whoever stays has everything.</summary>
    public void BeforeHandOver(GenerationPlan next, Action<string> onProblem)
    {
    }

    private StateAgreement Exchange(bool withOptimizer, long step)
    {
        var own = new byte[RecordBytes];
        BinaryPrimitives.WriteInt64LittleEndian(own, step);
        BinaryPrimitives.WriteInt64LittleEndian(own.AsSpan(sizeof(long)), state.EvaluatedStep);
        BinaryPrimitives.WriteInt32LittleEndian(own.AsSpan(2 * sizeof(long)), state.SkippedSteps.Count);
        if (step >= 0 && collective.WorldSize > 1) // alone, there is nothing to compare with
            BinaryPrimitives.WriteUInt128LittleEndian(own.AsSpan(HashAt), BufferHash.Of(withOptimizer ? Buffers : [state.Parameters.Weights]));
        var all = new byte[RecordBytes * collective.WorldSize];
        collective.AllGather(own, all);
        return StateAgreement.Of([.. Enumerable.Range(0, collective.WorldSize).Select(r => new StateRecord(
            BinaryPrimitives.ReadInt64LittleEndian(all.AsSpan(r * RecordBytes)),
            BinaryPrimitives.ReadInt64LittleEndian(all.AsSpan(r * RecordBytes + sizeof(long))),
            BinaryPrimitives.ReadInt32LittleEndian(all.AsSpan(r * RecordBytes + (2 * sizeof(long)))),
            BinaryPrimitives.ReadUInt128LittleEndian(all.AsSpan(r * RecordBytes + HashAt))))]);
    }

    /// <summary>Every source sends its stripes to everyone behind. Observers are served while training goes on, the others before it does.</summary>
    /// <remarks>
    /// Either both ends wait or none does. One that waits for bulk while its peer goes on to the next collective would not read that collective's data, and
    /// the bulk stands behind it.
    /// </remarks>
    private IncomingState? Send(StateAgreement agreement, bool wait)
    {
        var mine = agreement.Sources.ToList().IndexOf(collective.Rank);
        var header = StateHeader.Broadcast(collective, agreement.Sources[0], checkpoints.Capture);
        AwaitEarlier(agreement);
        if (agreement.Behind.Contains(collective.Rank))
        {
            state.CommittedStep = -1; // from here until all of it is here, there is no whole state
            var begin = Stopwatch.GetTimestamp();
            var transfers = new List<IBulkTransfer>();
            for (var source = 0; source < agreement.Sources.Count; source++)
                transfers.AddRange(Stripes(source, agreement.Sources.Count).Select(stripe => collective.ReceiveBulk(agreement.Sources[source], stripe)));
            var incoming = new IncomingState(collective, transfers, header, begin);
            incoming.RestorePosition(checkpoints);
            _incoming = incoming;
            if (!wait && collective.Plan.Members[collective.Rank].IsObserver)
                return incoming;
            incoming.Await();
            state.CommittedStep = agreement.Step;
            return null;
        }

        if (mine < 0)
            return null;
        var waiting = new List<IBulkTransfer>();
        foreach (var rank in agreement.Behind)
        {
            foreach (var stripe in Stripes(mine, agreement.Sources.Count))
            {
                // Training changes the buffers before an observer has received them: it gets a copy.
                if (!wait && collective.Plan.Members[rank].IsObserver)
                    _outgoing.Add((rank, collective.SendBulk(rank, stripe.ToArray())));
                else
                    waiting.Add(collective.SendBulk(rank, stripe));
            }
        }

        foreach (var transfer in waiting)
            collective.Await(transfer);
        return null;
    }

    /// <summary>
    /// Lets transfers of this generation to and from ranks that are behind (again) end before new ones begin: the stripes may be others by now, and what came late
    /// would overwrite what is right. Both ends wait here, between two collectives, so neither waits for the other.
    /// </summary>
    private void AwaitEarlier(StateAgreement agreement)
    {
        foreach (var (rank, transfer) in _outgoing)
        {
            if (agreement.Behind.Contains(rank))
                collective.Await(transfer);
        }

        _outgoing.RemoveAll(o => o.Transfer.IsDone);
        if (agreement.Behind.Contains(collective.Rank))
            _incoming?.Await();
    }

    private IEnumerable<Memory<float>> Stripes(int source, int sources)
    {
        foreach (var buffer in Buffers)
        {
            var (start, end) = Slicing.Of(buffer.Length, source, sources);
            if (end > start)
                yield return buffer[start..end];
        }
    }
}
