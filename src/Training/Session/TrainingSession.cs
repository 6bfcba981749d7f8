using System.Diagnostics;
using System.Runtime.InteropServices;
using DyT.Collectives;
using DyT.Config;
using DyT.Data;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Checkpoints;
using DyT.Training.Evaluation;
using DyT.Training.Gradients;

namespace DyT.Training.Session;

/// <summary>The loop over steps: train, evaluate, report, save, until the run ends.</summary>
public sealed class TrainingSession : ITrainingSession
{
    private readonly RunConfig _config;
    private readonly string _workerName;
    private readonly SessionData _data;
    private readonly TrainerState _state;
    private readonly SessionCheckpoints _checkpoints;
    private readonly GradientAccumulator _accumulator;
    private readonly double _machineRate;
    private readonly double _flopsPerToken;
    private volatile bool _stopRequested;

    // A committed step whose evaluation a lost peer interrupted: reported after the next generation has done it.
    private StepMetrics? _unreported;

    private TrainingSession(RunConfig config, string workerName, SessionData data, TrainerState state, SessionCheckpoints checkpoints)
    {
        _config = config;
        _workerName = workerName;
        _data = data;
        _state = state;
        _checkpoints = checkpoints;
        _accumulator = new GradientAccumulator(state.Layout.Length, config.Train.MicroShards);
        _machineRate = MachineRate.Measure();
        _flopsPerToken = ModelCost.Of(config.Model, data.Vocab).TrainingFlopsPerToken;
    }

    public long CommittedStep => _state.CommittedStep;

    /// <summary>Opens data and model and loads the run's newest valid checkpoint, if it has one.</summary>
    public static TrainingSession Open(RunConfig config, RunFolder folder, string workerName, Action<string> log)
    {
        TorchSetup.Apply(config.Cluster.ThreadsPerWorker);
        var data = SessionData.Open(config, log);
        var state = TrainerState.Create(config, data.Vocab);
        var checkpoints = new SessionCheckpoints(config, folder, data, state);
        checkpoints.RestoreNewest(log);
        return new TrainingSession(config, workerName, data, state, checkpoints);
    }

    public void RequestStop() => _stopRequested = true;

    public SessionEnd Run(GenerationPlan plan, ICollective collective, ISessionObserver observer)
    {
        StateTransfer.Synchronise(_state, collective, _checkpoints.Capture, _checkpoints.Restore);
        var runner = new StepRunner(_config, _state, collective, _accumulator, _data.Batches, _data.Sampler);
        var clusterRate = SumOverRanks(collective, _machineRate);
        var isWriter = collective.Rank == 0;
        _checkpoints.Written = observer.OnCheckpoint;

        if (AfterCommit(collective, observer) is { } endBefore)
            return End(collective, isWriter, endBefore);
        while (_state.CommittedStep < _config.Train.Steps)
        {
            var step = _state.CommittedStep + 1;
            var started = Stopwatch.GetTimestamp();
            var time = DateTimeOffset.UtcNow;
            var result = runner.Run(step, _stopRequested);
            if (result.Refusal is not null)
                return End(collective, isWriter, new SessionEnd(RunOutcome.Guarded, _state.CommittedStep, $"stopped before step {step}: {result.Refusal}; step {_state.CommittedStep} is the last good one and was saved"));

            _state.CommittedStep = step;
            var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var tokens = (long)_config.Train.GlobalBatch * _config.Model.Block;
            _unreported = new StepMetrics
            {
                Step = step,
                Generation = plan.Number,
                WorldSize = plan.WorldSize,
                Loss = result.Loss,
                LearningRate = result.LearningRate,
                GradNorm = result.GradNorm,
                Tokens = tokens,
                Seconds = seconds,
                Mfu = tokens * _flopsPerToken / seconds / clusterRate,
                Times = result.Times,
                Time = time,
            };
            if (AfterCommit(collective, observer) is { } end)
                return End(collective, isWriter, end);
            if (result.StopRequested && step < _config.Train.Steps)
                return End(collective, isWriter, new SessionEnd(RunOutcome.Stopped, step, $"stopped on request after step {step}"));
            if (isWriter && CheckpointDue(step))
                _checkpoints.Save();
        }

        return End(collective, isWriter, new SessionEnd(RunOutcome.Finished, _state.CommittedStep, $"all {_config.Train.Steps} steps done"));
    }

    public void Dispose()
    {
        _checkpoints.Dispose();
        _state.Dispose();
        _data.Dispose();
    }

    /// <summary>The evaluation that is due after the committed step, then the report. An early stop is the same decision on every worker.</summary>
    private SessionEnd? AfterCommit(ICollective collective, ISessionObserver observer)
    {
        var step = _state.CommittedStep;
        SessionEnd? end = null;
        if (EvaluationDue(step) && _state.EvaluatedStep < step)
        {
            var loss = _data.Evaluator.Run(_state.Model, collective);
            _state.EvaluatedStep = step;
            var patienceEnded = _state.Best.Record(step, loss);
            if (_unreported is not null)
                _unreported = _unreported with { ValLoss = loss, Alphas = Alphas() };
            if (collective.Rank == 0 && _config.Checkpoint.KeepBest && _state.Best.Step == step)
                _checkpoints.Save();
            if (patienceEnded && step < _config.Train.Steps)
                end = new SessionEnd(RunOutcome.EarlyStopped, step, $"stopped after step {step}: {_config.Train.EarlyStop} evaluations without a better validation loss than {_state.Best.Loss:F4}");
        }

        if (_unreported is not null)
        {
            observer.OnStep(_unreported, Status(collective, _unreported));
            _unreported = null;
        }

        return end;
    }

    private SessionEnd End(ICollective collective, bool isWriter, SessionEnd end)
    {
        if (isWriter)
        {
            _checkpoints.Save();
            _checkpoints.Flush();
        }

        // Nobody leaves before the checkpoint is on disk: a worker lost until then still finds its peers.
        collective.Barrier();
        return end;
    }

    private bool EvaluationDue(long step) =>
        step > 0 && (step == _config.Train.Steps || (_config.Train.EvalEvery > 0 && step % _config.Train.EvalEvery == 0));

    private bool CheckpointDue(long step) =>
        _config.Checkpoint.Every > 0 && step % _config.Checkpoint.Every == 0 && step < _config.Train.Steps;

    private Dictionary<string, double> Alphas()
    {
        var weights = _state.Parameters.Weights.Span;
        var alphas = new Dictionary<string, double>();
        foreach (var (site, parameter) in _state.Model.Alphas)
            alphas[site] = weights[_state.Layout[parameter].Offset];
        return alphas;
    }

    private WorkerStatus Status(ICollective collective, StepMetrics metrics) => new()
    {
        Name = _workerName,
        Rank = collective.Rank,
        Step = metrics.Step,
        MicroShards = collective.Plan.Members[collective.Rank].Range.Count,
        ComputeSeconds = metrics.Times.Data + metrics.Times.Forward + metrics.Times.Backward,
        ReduceSeconds = metrics.Times.Reduce,
        ResidentBytes = Environment.WorkingSet,
    };

    private static double SumOverRanks(ICollective collective, double value)
    {
        var all = new byte[sizeof(double) * collective.WorldSize];
        collective.AllGather(BitConverter.GetBytes(value), all);
        var sum = 0.0;
        foreach (var one in MemoryMarshal.Cast<byte, double>(all))
            sum += one;
        return sum;
    }
}
