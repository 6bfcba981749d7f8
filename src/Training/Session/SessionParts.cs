using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Runs.Tracing;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Gradients;

namespace DyT.Training.Session;

/// <summary>What a worker keeps from generation to generation.</summary>
public sealed class SessionParts
{
    public required RunConfig Config { get; init; }

    public required string WorkerName { get; init; }

    public required SessionData Data { get; init; }

    public required Evaluator Evaluator { get; init; }

    public required TrainerState State { get; init; }

    public required SessionCheckpoints Checkpoints { get; init; }

    public required GradientAccumulator Accumulator { get; init; }

    /// <summary>Reduces gradients, and gathers weights, while the training thread computes.</summary>
    public required CommunicationThread CommunicationThread { get; init; }

    /// <summary>This machine's matrix-multiply rate in FLOP/s, as far as it is known.</summary>
    public required double MachineRate { get; set; }

    /// <summary>Whether the session's first generation has begun, and with it what is measured once.</summary>
    public bool IsRateSettled { get; set; }

    /// <summary><see cref="Session.MachineRate.Bf16Gain"/> of this worker; null where it trains in fp32.</summary>
    public double? Bf16Gain { get; init; }

    public bool IsAdvisedOnProducts { get; set; }

    /// <summary>The stage before the first step; null when there is none.</summary>
    public SessionCalibration? Calibration { get; init; }

    public FlightRecorder? Recorder { get; init; }

    /// <summary>Where the time goes, for <c>--profile</c>; null when nobody wants to know.</summary>
    public TraceRecorder? Trace { get; init; }

    /// <summary>A committed step that is not reported yet: its weights are still arriving, or a lost peer interrupted its evaluation, which the next generation does first.</summary>
    public StepMetrics? Unreported { get; set; }

    /// <summary>Whether the advisor has spoken.</summary>
    public bool IsAdvised { get; set; }

    /// <summary>Positions that a step's samples take in the network.</summary>
    public long TokensPerStep => Config.Train.GlobalBatch * Data.Shape.TokensPerSample(Config.Model);

    public double FlopsPerToken => ModelCost.Of(Config.Model, Data.Shape).TrainingFlopsPerToken;
}
