using DyT.Collectives;
using DyT.Collectives.Shared;
using DyT.Config;
using DyT.Runs;
using DyT.Runs.Tracing;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Gradients;

namespace DyT.Training.Session;

/// <summary>One worker's data, model and checkpoints for the life of its process; each generation trains by a <see cref="GenerationLoop"/>.</summary>
public sealed class TrainingSession : ITrainingSession
{
    private readonly SessionParts _parts;
    private volatile bool _stopRequested;
    private volatile GenerationPlan? _offered;

    private TrainingSession(SessionParts parts) => _parts = parts;

    // A worker that broke off while weights were gathered has done the step's update: with its peers it can bring the step to its end.
    public long CommittedStep => Math.Max(_parts.State.CommittedStep, _parts.State.HeldStep);

    /// <summary>Opens data and model and loads the run's newest valid checkpoint, if it has one.</summary>
    /// <param name="config">The run's.</param>
    /// <param name="folder">The run's.</param>
    /// <param name="workerName">This worker's.</param>
    /// <param name="log">For the process' log.</param>
    /// <param name="recorder">Takes down what the training thread does.</param>
    /// <param name="trace">Takes down where the time goes; the caller's to end.</param>
    /// <param name="arena">Without room yet: gradients stand there, so that peers of the host need no copy. Has to outlive the session.</param>
    public static TrainingSession Open(
        RunConfig config, RunFolder folder, string workerName, Action<string> log, FlightRecorder? recorder = null, TraceRecorder? trace = null, SharedArena? arena = null)
    {
        TorchSetup.Apply(config.Cluster.ThreadsPerWorker);
        var data = SessionData.Open(config, log);
        var state = TrainerState.Create(config, data.Shape, arena);
        var checkpoints = new SessionCheckpoints(config, folder, data, state, trace);
        checkpoints.RestoreNewest(log);
        return new TrainingSession(new SessionParts
        {
            Config = config,
            WorkerName = workerName,
            Data = data,
            Evaluator = new Evaluator(data, config.Train.EvalBatches),
            State = state,
            Checkpoints = checkpoints,
            Calibration = config.Calibration is { } stage ? new SessionCalibration(stage, config, folder, data, state, checkpoints) : null,
            Accumulator = new GradientAccumulator(state.Layout.Length, config.Train.MicroShards, arena),
            CommunicationThread = new CommunicationThread(),
            MachineRate = Session.MachineRate.Measure(config.Train.Products),
            Bf16Gain = config.Train.Products == ProductKind.Bf16 ? Session.MachineRate.Bf16Gain() : null,
            Recorder = recorder,
            Trace = trace,
        });
    }

    public void RequestStop() => _stopRequested = true;

    public void Offer(GenerationPlan plan) => _offered = plan;

    public RunResult Run(GenerationPlan plan, ICollective collective, ISessionObserver observer) =>
        new GenerationLoop(_parts, collective, Overlapping.ThreadFor(_parts, collective), observer, () => _stopRequested, () => _offered).Run();

    public void Save()
    {
        // Sharded, its members hold the moments together: before the generation let go, it saved them or left them with those who stay.
        _parts.Checkpoints.AwaitEarlier(_ => { }); // what could not be written before is tried once more
        if (!_parts.State.IsSharded)
            _parts.Checkpoints.Save(_ => { });
        _parts.Checkpoints.Flush();
    }

    /// <summary>The hash of the weights as they stand; for tests.</summary>
    internal string WeightsHash() => Checkpoints.WeightsHash.Of(StateTensors.Weights(_parts.State, _parts.Config.Model));

    /// <summary>Changes one bit of the weights, as failing memory does; for tests.</summary>
    internal void Damage() => _parts.State.Parameters.Weights.Span[7] = MathF.BitIncrement(_parts.State.Parameters.Weights.Span[7]);

    /// <summary>As <see cref="Damage"/>, of the moments: in the first held element.</summary>
    internal void DamageMoments() => _parts.State.Moments.Segments[0].Values[0].Span[0] += 1;

    /// <summary>Elements of the flat buffer, and bytes of moments held here; for tests.</summary>
    internal int Elements => _parts.State.Layout.Length;

    internal long OptimizerBytes => _parts.State.Moments.Bytes;

    public void Dispose()
    {
        _parts.CommunicationThread.Dispose();
        _parts.Checkpoints.Dispose();
        _parts.State.Dispose();
        _parts.Data.Dispose();
    }
}
