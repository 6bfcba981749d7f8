using DyT.Cluster.Messages;
using DyT.Cluster.Startup;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;

namespace DyT.Coordinator.Core;

/// <summary>
/// Every decision about workers and generations, without actors, threads or files: what has happened goes in, what is to be done comes out. Time comes in by
/// <see cref="Now"/>, so that a simulation can drive it.
/// </summary>
/// <remarks>
/// There are two ways from one generation to the next. A change that can wait (a joiner, a leaver, a better balance) is <em>offered</em>: the members go over by
/// themselves after the step in which all know it, and nothing is redone. A loss <em>aborts</em>: a roll call finds out who is alive, since a broken connection alone
/// does not tell the dead from those who closed theirs because of the dead. Whoever does not acknowledge is dropped; a live process acknowledges at once, its session
/// may answer much later, because computing is not interrupted. At most one offer is outstanding. Orders may get lost; the workers' signs of life show it, and they
/// are said again.
/// </remarks>
public sealed partial class CoordinatorCore
{
    private const int SignsNeeded = 3;

    /// <summary>A new coordinator waits for the workers that the one before knew, before it forms a generation of its own.</summary>
    private static readonly TimeSpan RecoveryMargin = TimeSpan.FromSeconds(2);

    private readonly RunConfig _config;
    private readonly Timings _timings;
    private readonly MembershipLimits _limits;
    private readonly StepStream _steps;
    private readonly StallWatch _stall;
    private readonly SpeedWatch _speed;
    private readonly GoodputMeter _goodput = new();
    private readonly Dictionary<string, WorkerEntry> _workers = [];
    private readonly HashSet<string> _unanswered = []; // members whose sessions have not let go of the aborted generation
    private readonly HashSet<string> _acknowledged = []; // those of them whose processes live
    private readonly HashSet<string> _entered = []; // members of the running generation that are connected
    private readonly HashSet<string> _left = []; // members that handed over to a generation without members
    private readonly HashSet<string> _expected = []; // by a coordinator that took over
    private readonly Dictionary<string, SessionEnded> _ended = [];
    private long _generation; // the highest number given out or heard of
    private GenerationPlan? _plan; // the running (or starting) generation
    private GenerationPlan? _previous; // the one before, after an abort
    private GenerationPlan? _offer; // what it shall become
    private bool _rollCall;
    private bool _lastCall; // the roll call's second round
    private long _aborted; // the number up to which the roll call asks the members to let go
    private bool _stopping;
    private bool _over;
    private bool _began; // a generation was formed at least once
    private TimeSpan? _recoverUntil;
    private int _waiting;
    private bool _rosterChanged;
    private TimeSpan _ordered; // when the last plan was sent to all
    private string _reason = "the run starts";

    /// <param name="runId">The run's identity.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="memo">What the coordinator before left; null for the first.</param>
    /// <param name="ledgerStep">The last step in the ledger.</param>
    public CoordinatorCore(string runId, RunConfig config, CoordinatorMemo? memo = null, long ledgerStep = 0)
    {
        _config = config;
        _timings = new Timings(TimeSpan.FromSeconds(config.Cluster.FailureDetection));
        _limits = new MembershipLimits(runId, config.Train.MicroShards, MostComputing(config.Cluster), config.Cluster.Spares);
        _steps = new StepStream(ledgerStep);
        _stall = new StallWatch(_timings);
        _speed = new SpeedWatch(config.Cluster.Stragglers);
        if (memo is null)
            return;
        _generation = memo.Generation;
        _began = memo.Generation > 0;
        _expected.UnionWith(memo.Members);
    }

    /// <summary>The time of what happens next, since any fixed moment. Never goes back.</summary>
    public TimeSpan Now { get; set; }

    /// <summary>The running generation, if there is one.</summary>
    public GenerationPlan? Plan => _plan;

    /// <summary>What the running generation shall become, if that is on its way.</summary>
    public GenerationPlan? Offer => _offer;

    public bool IsOver => _over;

    /// <summary>The last step that the ledger has.</summary>
    public long LedgerStep => _steps.LastStep;

    private int Needed => _stopping ? 1 : Math.Min(_limits.Computing, _began ? _config.Cluster.WorkersToGoOn : _config.Cluster.WorkersToStart);

    public IReadOnlyList<CoordinatorAction> Started()
    {
        var actions = new List<CoordinatorAction>();
        if (_expected.Count > 0)
        {
            _recoverUntil = Now + _timings.Budget + RecoveryMargin;
            actions.Add(new Emit(new Notice($"this coordinator takes over after generation {_generation} and waits for {Names(_expected)}")));
        }

        actions.Add(StartWaitingForWorkers());
        return actions;
    }

    /// <summary>Called several times in a second.</summary>
    public IReadOnlyList<CoordinatorAction> Tick()
    {
        var actions = new List<CoordinatorAction>();
        if (_over)
            return actions;
        _goodput.Tick(Now, _workers.Count);
        if (_rosterChanged)
            actions.Add(new Emit(new RosterChanged([.. _workers.Keys.Order(NaturalOrder.Instance)], Needed)));
        _rosterChanged = false; // the list is for people: once in a while, not once for each of a thousand that come at once
        foreach (var silent in _workers.Values.Where(w => Now - w.Heard > _timings.ControlSilence).ToList())
        {
            actions.Add(new Emit(new Notice($"worker {silent.Name} was silent for {_timings.ControlSilence.TotalSeconds:0.#} s and was dropped")));
            Lose(silent.Name, $"{silent.Name} fell silent", actions);
        }

        foreach (var metrics in _steps.Tick(Now))
            Log(metrics, actions);
        if (_recoverUntil < Now)
        {
            EndRecovery();
            FormNext(actions);
        }

        if (_plan is not null && _stall.Tick(Now, _plan, _workers) is { } stalled)
            actions.Add(new Emit(new Notice(stalled)));
        if (CanChange && _speed.Tick(Now, _plan!, _workers) is { } verdict)
        {
            actions.AddRange(verdict.Notices.Select(n => new Emit(new Notice(n))));
            // Not when the run would have to wait for others then.
            var drained = _plan!.Members.Count(m => !m.IsObserver) - verdict.Drained.Count >= Needed ? verdict.Drained : [];
            foreach (var slow in drained)
                _workers[slow].IsLeaving = true;
            Reconsider(drained.Count > 0 ? $"{drained[0]} is too slow" : "micro-shards are balanced by speed", actions, rebalance: verdict.Rebalance);
        }

        return actions;
    }

    /// <summary>The running generation may be replaced by an offer now.</summary>
    private bool CanChange => !_over && !_stopping && !_rollCall && _plan is not null && _offer is null && _ended.Count == 0
        && _plan.Members.All(m => _entered.Contains(m.Name));

    /// <summary>Offers what the running generation should become, when that differs from what it is.</summary>
    private void Reconsider(string reason, List<CoordinatorAction> actions, bool rebalance = false)
    {
        if (!CanChange || Membership.Next(_limits, _generation + 1, Needed, _workers, _plan!, rebalance) is not { } next)
            return;
        _generation = next.Number;
        _offer = next;
        _left.Clear();
        _reason = reason;
        actions.Add(new SaveMemo(Memo())); // before anyone hears of the number: it must never be given out twice
        _ordered = Now;
        actions.Add(new OfferMembers(next, Concerned()));
    }

    /// <summary>Members of the running generation and of the offered one, of those that are registered.</summary>
    private List<string> Concerned() =>
        [.. (_plan?.Members ?? []).Concat(_offer?.Members ?? []).Select(m => m.Name).Distinct().Where(_workers.ContainsKey)];

    /// <summary>The offer has taken effect.</summary>
    private void Settle(List<CoordinatorAction> actions)
    {
        _plan = _offer!;
        _offer = null;
        _entered.Clear();
        Announce(actions);
    }

    private void Announce(List<CoordinatorAction> actions)
    {
        _began = true;
        _stall.Progress(Now, null);
        foreach (var worker in _workers.Values)
        {
            worker.SpeedSamples = 0;
            worker.SignsOfBeingFree = 0;
        }

        actions.Add(new SaveMemo(Memo()));
        actions.Add(new Emit(new GenerationFormed(_plan!.Number, [.. _plan.Members.Select(m => m.Name)], [.. _plan.Members.Select(m => m.Range.Count)], _reason)));
    }

    /// <summary>All members of a generation have handed over to one without members: the run waits.</summary>
    private void Dissolve(List<CoordinatorAction> actions)
    {
        _previous = _plan;
        _plan = null;
        _offer = null;
        _entered.Clear();
        actions.Add(new SaveMemo(Memo()));
        FormNext(actions);
    }

    /// <summary>Ends the running generation and asks who is alive.</summary>
    private void Abort(string reason, List<CoordinatorAction> actions)
    {
        var members = _plan!.Members.Concat(_offer?.Members ?? []).Select(m => m.Name).Distinct().ToList();
        _reason = reason;
        _previous = _plan;
        _plan = null;
        _offer = null;
        _rollCall = true;
        _aborted = _generation;
        _lastCall = false;
        _entered.Clear();
        _acknowledged.Clear();
        // Also those that a new coordinator has not heard of yet: they may be about to register.
        _ended.Clear();
        _unanswered.UnionWith(members.Where(m => _workers.ContainsKey(m) || _expected.Contains(m)));
        foreach (var dead in members.Where(m => _workers.TryGetValue(m, out var w) && w.IsSuspect).ToList())
        {
            _unanswered.Remove(dead);
            Drop(dead, actions);
        }

        actions.Add(new AbortMembers(_aborted, [.. members.Where(_workers.ContainsKey)], reason));
        actions.Add(new StartRollCall(_aborted));
        if (_unanswered.Count == 0)
            FinishRollCall(actions);
    }

    private void Answered(string name, List<CoordinatorAction> actions)
    {
        if (_unanswered.Remove(name) && _rollCall && _unanswered.Count == 0)
            FinishRollCall(actions);
    }

    private void FinishRollCall(List<CoordinatorAction> actions)
    {
        _rollCall = false;
        _unanswered.Clear();
        EndRecovery();
        FormNext(actions);
    }

    private void EndRecovery()
    {
        _recoverUntil = null;
        _expected.Clear();
    }

    private void FormNext(List<CoordinatorAction> actions)
    {
        if (_over || _rollCall || _plan is not null || _recoverUntil is not null)
            return;
        foreach (var leaving in _workers.Values.Where(w => w.IsLeaving).ToList())
            Release(leaving.Name, actions); // in no generation: nothing depends on it
        // A run that stops needs nobody but one who still has its state, to write the checkpoint.
        var plan = Membership.Form(_limits, _generation + 1, Needed, _workers.Values, _previous);
        if (plan is null && _stopping)
        {
            Finish(RunOutcome.Stopped, LedgerStep, "stopped without any worker left; the newest checkpoint is what resuming begins with", actions);
            return;
        }

        if (plan is null)
        {
            if (_began)
            {
                actions.Add(new Emit(new Notice($"{_reason}; waiting for workers: {_workers.Values.Count(w => w.IsReady)} of {Needed} are here")));
                actions.Add(StartWaitingForWorkers());
            }

            return;
        }

        _generation = plan.Number;
        _plan = plan;
        _ended.Clear();
        _entered.Clear();
        foreach (var worker in _workers.Values)
            worker.IsLevel = false;
        var committed = plan.Members.Max(m => _workers[m.Name].CommittedStep!.Value);
        if (committed >= 0)
        {
            _steps.TruncateAfter(committed);
            actions.Add(new TruncateLedger(committed));
        }

        Announce(actions);
        _ordered = Now;
        actions.Add(new StartMembers(plan, [.. plan.Members.Select(m => m.Name)]));
        if (_stopping)
            actions.Add(new StopMembers([.. plan.Members.Select(m => m.Name)]));
    }

    private void Lose(string name, string reason, List<CoordinatorAction> actions)
    {
        var member = _plan?.RankOf(name) >= 0 || _offer?.RankOf(name) >= 0;
        Drop(name, actions);
        if (_plan is not null && _ended.Count > 0)
        {
            FinishIfAllEnded(actions); // it had reached the end together with the others
            return;
        }

        if (_offer is { WorldSize: 0 } && _left.Contains(name))
        {
            DissolveIfAllLeft(actions);
            return;
        }

        if (member)
            Abort(reason, actions);
        Answered(name, actions);
    }

    private void Drop(string name, List<CoordinatorAction> actions)
    {
        _workers.Remove(name);
        actions.Add(new DropWorker(name));
        _rosterChanged = true;
    }

    /// <summary>Lets a worker go that wanted to.</summary>
    private void Release(string name, List<CoordinatorAction> actions)
    {
        actions.Add(new ReleaseWorker(name));
        actions.Add(new Emit(new Notice($"worker {name} has left")));
        Drop(name, actions);
    }

    private void DissolveIfAllLeft(List<CoordinatorAction> actions)
    {
        if (_offer is { WorldSize: 0 } && _plan!.Members.All(m => _left.Contains(m.Name) || !_workers.ContainsKey(m.Name)))
            Dissolve(actions);
    }

    private void FinishIfAllEnded(List<CoordinatorAction> actions)
    {
        if (_ended.Count > 0 && _plan!.Members.All(m => _ended.ContainsKey(m.Name) || !_workers.ContainsKey(m.Name)))
        {
            var end = _ended.Values.First();
            Finish(end.Outcome, end.Step, end.Message, actions);
        }
    }

    private void Finish(RunOutcome outcome, long step, string message, List<CoordinatorAction> actions)
    {
        if (_over)
            return;
        _over = true;
        actions.Add(new SaveMemo(Memo()));
        actions.Add(new Emit(new RunEnded(outcome, step, message)));
        actions.Add(new EndRun(outcome is RunOutcome.Failed or RunOutcome.Guarded ? UserErrorException.Failure : 0));
    }

    private void Log(StepMetrics metrics, List<CoordinatorAction> actions)
    {
        _stall.Progress(Now, metrics.Seconds);
        _goodput.Committed(metrics.Seconds, metrics.WorldSize);
        actions.Add(new AppendToLedger(metrics));
        actions.Add(new Emit(new StepCommitted(metrics)));
    }

    // With spares and no limit of its own, as many compute as were asked for: else a spare would be one more that computes.
    private static int? MostComputing(ClusterConfig cluster) => cluster.MaxWorkers ?? (cluster.Spares > 0 ? cluster.Workers : null);

    private CoordinatorMemo Memo() => new(_generation, [.. _workers.Keys.Order(NaturalOrder.Instance)], _over);

    private StartWaiting StartWaitingForWorkers() => new(++_waiting);

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Order(NaturalOrder.Instance));
}
