using System.Diagnostics;
using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Runs.Tracing;
using DyT.Training.Gradients;
using DyT.Training.Insight;
using DyT.Training.Optimization;
using DyT.Training.Sharding;

namespace DyT.Training.Session;

/// <summary>
/// One generation's loop over steps on one worker: synchronise, then train, audit, evaluate, report, save, until the run or the generation ends. Whatever
/// decides the loop's course is known to all workers alike, so that all leave it after the same step.
/// </summary>
/// <param name="parts">What outlives the generation.</param>
/// <param name="collective">The generation's.</param>
/// <param name="thread">Where communication goes on beside computing; null where it does not.</param>
/// <param name="observer">Told of progress.</param>
/// <param name="stopRequested">Whether somebody has asked this worker to end the run.</param>
/// <param name="offered">The latest generation that this worker knows of.</param>
internal sealed class GenerationLoop(SessionParts parts, ICollective collective, CommunicationThread? thread, ISessionObserver observer, Func<bool> stopRequested, Func<GenerationPlan?> offered) : IArrivingWeights
{
    private readonly RunConfig _config = parts.Config;
    private readonly TrainerState _state = parts.State;
    private readonly GenerationPlan _plan = collective.Plan;
    private readonly IStateLayout _layout = parts.State.IsSharded
        ? new ShardedState(parts, collective, thread)
        : new StateTransfer(parts.State, collective, parts.Checkpoints);
    private readonly StepRunner _runner = new(parts, collective, thread);
    private readonly StepSchedule _schedule = new(parts.Config);
    private readonly ClusterRate _rate = new(parts, collective);
    private readonly GuardActions _guard = new(parts.Config.Guard, parts.State);
    private CommunicationTime _arrival; // of weights, in this step
    private double _waitedInForward; // seconds of it
    private long _position; // the last step that the generation committed; this worker's own state may lag while it catches up
    private CatchUp? _catchUp;

    private bool IsLead => collective.Rank == _plan.LeadRank;

    private bool IsObserver => _plan.Members[collective.Rank].IsObserver;

    public RunResult Run()
    {
        try
        {
            return Train();
        }
        catch
        {
            parts.CommunicationThread.Abandon(collective); // nothing goes on in buffers that the next generation uses
            throw;
        }
    }

    void IArrivingWeights.Await(int mark) => _layout.Await(mark);

    /// <summary>In the midst of the next step's forward: the step before is everyone's, and its report may go.</summary>
    void IArrivingWeights.Complete()
    {
        var time = _layout.Complete();
        _arrival += time;
        _waitedInForward = time.Seconds - time.Hidden;
        _state.Summed = null;
        Report();
    }

    private RunResult Train()
    {
        Synchronise();
        _rate.Begin(waits: IsObserver || _catchUp is not null);
        _rate.Share();
        if (_config.Train.Products == ProductKind.Bf16 && _rate.ShareGains() is { } advice && IsLead && !parts.IsAdvisedOnProducts)
        {
            parts.IsAdvisedOnProducts = true;
            observer.OnNotice(advice);
        }

        parts.Checkpoints.Written = observer.OnCheckpoint;
        observer.OnEntered(_plan.Number, _position);
        if (_catchUp is null && IsObserver)
            observer.OnCaughtUp(_plan.Number, _position);

        if (AfterCommit() is { } endBefore)
            return End(endBefore);
        SaveIfMissed();
        while (_position < _config.Train.Steps)
        {
            var step = _position + 1;
            var started = Stopwatch.GetTimestamp();
            StepProbe? probe = parts.Trace is null ? null : StepProbe.Now();
            var time = DateTimeOffset.UtcNow;
            GenerationPlan? next = null;
            if (!_layout.IsArriving)
                _state.Summed = null;
            (_arrival, _waitedInForward) = (default, 0);
            StepVote Vote()
            {
                next = offered();
                return new StepVote(stopRequested(), _catchUp?.WantsStandstill ?? false, IsLead && CheckpointOverdue, next?.Number ?? 0);
            }

            var result = _runner.Compute(step, Vote, _layout.IsArriving ? this : null);
            _state.Summed = new SummedGradients(step, result.LearningRate, result.GradientScale);
            var verdict = _guard.Judge(step, result.Refusal);
            if (verdict.Kind == GuardVerdictKind.Stop)
                return End(new SessionEnd(RunOutcome.Guarded, _position, $"stopped before step {step}: {verdict.Reason}; step {_position} is the last good one and was saved"));
            if (verdict.Kind == GuardVerdictKind.RollBack)
            {
                RollBack(step, verdict.Reason!);
                continue;
            }

            Commit(step, result, applied: verdict.Kind == GuardVerdictKind.Apply, () => Metrics(step, result, verdict.Reason, started, time));
            if (probe is { } before)
                parts.Trace!.Step(step, before);
            if (_layout.IsArriving)
                continue;
            if (result.Agreement.WantsStandstill)
                Synchronise(wait: true);
            if (AfterCommit() is { } end)
                return End(end);
            if (result.Agreement.StopRequested && step < _config.Train.Steps)
                return End(new SessionEnd(RunOutcome.Stopped, step, $"stopped on request after step {step}"));
            if (_schedule.CheckpointDue(step, result.Agreement))
                Save();
            if (result.Agreement.HandOverTo > 0)
            {
                _layout.BeforeHandOver(next!, observer.OnNotice);
                return new HandedOver(result.Agreement.HandOverTo, step);
            }
        }

        return End(new SessionEnd(RunOutcome.Finished, _position, $"all {_config.Train.Steps} steps done"));
    }

    private void Synchronise(bool wait = false)
    {
        parts.Recorder?.Record("synchronise", _plan.Number);
        parts.Calibration?.Undo();
        var begin = Stopwatch.GetTimestamp();
        AwaitSnapshot();
        var (agreement, incoming, received, seconds, fallback) = _layout.Synchronise(wait);
        parts.Trace?.SpanSince(TraceTrack.Training, "synchronise", begin, _plan.Number);
        _position = agreement.Step;
        if (received > 0 && IsObserver)
            observer.OnTransfer(received, received, seconds);
        if (fallback is not null)
            FallBack(fallback);
        var caughtUp = wait && _catchUp is not null;
        _catchUp = incoming is null ? null : new CatchUp(_state, _runner, incoming, (long)(_config.Cluster.CatchUpMb * (1 << 20)));
        if (caughtUp)
            observer.OnCaughtUp(_plan.Number, _position);
        NameDamaged(agreement);
        if (parts.Calibration is { } calibration && _position == 0)
            Calibrate(calibration, everyoneIsHere: wait || agreement.Behind.Count == 0);
    }

    /// <summary>The stage before the first step. Where a break or a rollback leads back to the beginning it is done again, with the same result.</summary>
    private void Calibrate(SessionCalibration calibration, bool everyoneIsHere)
    {
        if (!everyoneIsHere)
        {
            Synchronise(wait: true); // an observer's state must not arrive over the calibrated one
            return;
        }

        var begin = Stopwatch.GetTimestamp();
        var report = calibration.Run(collective);
        parts.Trace?.SpanSince(TraceTrack.Training, "calibration", begin, _plan.Number);
        if (IsLead)
            observer.OnNotice(calibration.Publish(report));
    }

    /// <summary>Committed steps are lost; those who hold their metrics forget them, and the ledger too.</summary>
    private void FallBack(string reason)
    {
        if (parts.Unreported?.Step > _position)
            parts.Unreported = null;
        observer.OnRolledBack(_position);
        if (IsLead)
            observer.OnNotice(reason);
    }

    private void Commit(long step, StepResult result, bool applied, Func<StepMetrics> metrics)
    {
        AwaitSnapshot();
        if (_catchUp is null)
        {
            if (applied)
                _runner.Apply(step, result);
            parts.Unreported = metrics(); // should finishing it break, the next generation finishes it and reports it
            _layout.Finish(step, applied);
            if (!_layout.IsArriving || _schedule.IsNeededWhole(step, result.Agreement))
                _arrival += _layout.Complete();
        }
        else
        {
            _catchUp.Keep(step, result, applied);
            observer.OnTransfer(_catchUp.Incoming.DoneBytes, _catchUp.Incoming.TotalBytes, _catchUp.Incoming.Seconds);
            if (_catchUp.IsLevel)
            {
                _catchUp = null;
                _state.CommittedStep = step;
                observer.OnCaughtUp(_plan.Number, step);
            }
        }

        _position = step;
        parts.Unreported = metrics();
        parts.Recorder?.Record("committed", step);
    }

    /// <summary>Before weights or moments change: until here they were only read, while the last checkpoint's copy of them was made.</summary>
    private void AwaitSnapshot()
    {
        var begin = Stopwatch.GetTimestamp();
        parts.Checkpoints.AwaitSnapshot();
        parts.Trace?.SpanSince(TraceTrack.Training, "wait: checkpoint", begin);
    }

    private void RollBack(long step, string reason)
    {
        parts.Checkpoints.Settle(collective);
        // A worker whose state is still on its way gets the restored one instead.
        if (_catchUp is null)
            parts.Checkpoints.RestoreNewestOrReset();
        Synchronise();
        if (IsLead)
        {
            observer.OnRolledBack(_position);
            observer.OnNotice($"rolled back from step {step} to step {_position}: {reason}; the update of step {step} will be left out");
        }
    }

    /// <summary>The audit and the evaluation that are due after the committed step, then the report. An early stop is the same decision on every worker.</summary>
    private SessionEnd? AfterCommit()
    {
        var step = _position;
        SessionEnd? end = null;
        if (_schedule.AuditDue(step))
        {
            AwaitSnapshot(); // it may heal
            NameDamaged(_layout.Audit(observing: _catchUp is not null));
        }

        if (_schedule.EvaluationDue(step))
            end = _state.EvaluatedStep < step ? Evaluate(step) : EarlyStop(step); // an end that a lost peer interrupted comes again
        Report();
        return end;
    }

    private void Report()
    {
        if (parts.Unreported is not { } metrics)
            return;
        observer.OnStep(metrics, Status(metrics));
        parts.Unreported = null;
    }

    private SessionEnd? Evaluate(long step)
    {
        parts.Recorder?.Record("evaluate", step);
        var begin = Stopwatch.GetTimestamp();
        var (found, sites, scalars) = EvaluateWeights();
        _rate.Improve();
        _rate.Share();
        parts.Trace?.SpanSince(TraceTrack.Training, "evaluation", begin, step);
        _state.EvaluatedStep = step;
        _state.Best.Record(step, found.Loss);
        if (parts.Unreported is not null)
            parts.Unreported = parts.Unreported with { ValLoss = found.Loss, ValScores = found.Scores.Count > 0 ? found.Scores : null, Scalars = scalars, Sites = sites.Count > 0 ? SiteStatistics.Logged(sites) : null };
        Advise(step, sites);
        if (_config.Checkpoint.KeepBest && _state.Best.Step == step)
            Save();
        return EarlyStop(step);
    }

    /// <summary>Sites and scalars are of the network that is evaluated. Every worker measures the sites by itself, from the same batch: whichever reports, all is there.</summary>
    private (Evaluation.Evaluation Found, IReadOnlyList<SiteStatistics> Sites, Dictionary<string, double> Scalars) EvaluateWeights()
    {
        AwaitSnapshot(); // it may exchange weights and average
        using var exchanged = _catchUp is null ? _state.BeginEvaluation() : null;
        var found = parts.Evaluator.Run(_state.Network, collective);
        return (found, _catchUp is null ? SiteStatistics.Measure(_state.Network, _state.Parameters, [() => parts.Data.Evaluation(0)]) : [], Scalars());
    }

    /// <summary>Once in a session, as soon as there is something to say.</summary>
    private void Advise(long step, IReadOnlyList<SiteStatistics> sites)
    {
        if (!IsLead || parts.IsAdvised || step < Advisor.FirstStep || Advisor.Advice(step, sites, parts.Data.TokensPerParameter(_config.Model, _state.Layout)) is not { } advice)
            return;
        parts.IsAdvised = true;
        observer.OnNotice(advice);
    }

    private SessionEnd? EarlyStop(long step) =>
        _state.Best.IsOutOfPatience && step < _config.Train.Steps
            ? new SessionEnd(RunOutcome.EarlyStopped, step, $"stopped after step {step}: {_config.Train.EarlyStop} evaluations without a better validation loss than {_state.Best.Loss:F4}")
            : null;

    private SessionEnd End(SessionEnd end)
    {
        if (IsLead)
            parts.Checkpoints.AwaitEarlier(observer.OnNotice); // what could not be written before is tried once more
        Save();
        if (IsLead)
            parts.Checkpoints.Flush();

        // Nobody leaves before the checkpoint is on disk: a worker lost until then still finds its peers.
        collective.Barrier();
        return end;
    }

    private void Save()
    {
        var begin = Stopwatch.GetTimestamp();
        _layout.Save(observer.OnNotice);
        parts.Trace?.SpanSince(TraceTrack.Training, "checkpoint", begin, _state.CommittedStep);
    }

    /// <summary>
    /// A checkpoint that was due after the step from which the generation begins, where a break kept the one before from handing it to a writer. That it was due
    /// all know alike; whether it is there is asked of all: the writer of a member, not of the lead alone, may be at it, or a run may have resumed from it.
    /// </summary>
    private void SaveIfMissed()
    {
        var isBest = _config.Checkpoint.KeepBest && _state.Best.Step == _position && _state.EvaluatedStep == _position;
        if (!isBest && !_schedule.IsPeriodicCheckpoint(_position))
            return;
        parts.Checkpoints.TellFailure(observer.OnNotice);
        var isThere = parts.Checkpoints.IsSaved || (IsLead && parts.Checkpoints.IsOnDisk);
        if (collective.GatherFromRanks(isThere ? 1 : 0).Sum() == 0)
            Save();
    }

    private void NameDamaged(StateAgreement agreement)
    {
        if (!IsLead || agreement.Damaged.Count == 0)
            return;
        var names = string.Join(", ", agreement.Damaged.Select(r => _plan.Members[r].Name));
        var judged = agreement.Sources.Count > agreement.Damaged.Count ? "the majority's" : $"{_plan.Members[agreement.Sources[0]].Name}'s (there is no majority)";
        observer.OnNotice($"after step {agreement.Step} the state of {names} was not {judged}: its memory may be damaged; it was given the right one");
    }

    /// <summary>By this worker's clock: the lead's counts, and all learn of it in the step's exchange.</summary>
    private bool CheckpointOverdue => _config.Checkpoint.EveryMinutes > 0 && parts.Checkpoints.SinceLast.Elapsed.TotalMinutes >= _config.Checkpoint.EveryMinutes;

    private StepMetrics Metrics(long step, StepResult result, string? skipped, long started, DateTimeOffset time)
    {
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        var tokens = parts.TokensPerStep;
        return new StepMetrics
        {
            Step = step,
            Generation = _plan.Number,
            WorldSize = _plan.WorldSize,
            Loss = result.Loss,
            LearningRate = result.LearningRate,
            GradNorm = result.GradNorm,
            Tokens = tokens,
            Seconds = seconds,
            Mfu = tokens * parts.FlopsPerToken / seconds / _rate.Value,
            Times = Times(),
            Samples = DyT.Data.SampleDigest.Format(result.Agreement.Samples),
            Skipped = skipped,
            Time = time,
        };
    }

    private StepTimes Times()
    {
        var communication = _runner.ReductionTime + _arrival;
        var times = _runner.Times;
        var waited = Math.Min(_waitedInForward, times.Forward); // who computes slowly must be told from who waits for others' weights
        return times with { Forward = times.Forward - waited, Reduce = times.Reduce + waited, Communication = communication.Seconds, Hidden = communication.Hidden };
    }

    private Dictionary<string, double> Scalars()
    {
        var weights = _state.Parameters.Weights.Span;
        var scalars = new Dictionary<string, double>();
        foreach (var (name, parameter) in Networks.Scalars(_state.Layout))
            scalars[name] = weights[_state.Layout[parameter].Offset];
        return scalars;
    }

    private WorkerStatus Status(StepMetrics metrics) => new()
    {
        Name = parts.WorkerName,
        Rank = collective.Rank,
        Step = metrics.Step,
        MicroShards = _plan.Members[collective.Rank].Range.Count,
        ComputeSeconds = metrics.Times.Data + metrics.Times.Forward + metrics.Times.Backward,
        ReduceSeconds = metrics.Times.Reduce,
        ResidentBytes = Environment.WorkingSet,
        OptimizerBytes = _state.Moments.Bytes,
    };
}
