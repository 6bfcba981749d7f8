namespace DyT.Config;

/// <summary>Everything that defines a run. Read by <c>ConfigLoader</c>, written resolved into the run's folder.</summary>
public sealed record RunConfig
{
    [Setting("Name of the run; its folder is <output>/<name>-<time>.")]
    public string Name { get; init; } = "run";

    [Setting("Folder that holds the runs' folders.")]
    public string Output { get; init; } = "runs";

    [Setting("Seed of initialisation, data order and dropout.", Min = 0)]
    public long Seed { get; init; } = 1337;

    [Setting("Same bits for any number of workers. Off allows reductions whose rounding depends on the membership (cluster.wire: bf16); by itself it changes nothing.")]
    public bool Reproducible { get; init; } = true;

    [Setting("The network.")]
    public ModelConfig Model { get; init; } = new();

    [Setting("The stages of the run, in order; empty: training alone. A stage 'calibrate' may stand before 'train'.")]
    public ValueList<StageConfig> Stages { get; init; } = new();

    [Setting("The text and its tokens.")]
    public DataConfig Data { get; init; } = new();

    [Setting("The training loop.")]
    public TrainConfig Train { get; init; } = new();

    [Setting("The update rule.")]
    public OptimizerConfig Optimizer { get; init; } = new();

    [Setting("The learning rate over the run.")]
    public ScheduleConfig Schedule { get; init; } = new();

    [Setting("When to stop a run that has gone wrong.")]
    public GuardConfig Guard { get; init; } = new();

    [Setting("When to write checkpoints and which to keep.")]
    public CheckpointConfig Checkpoint { get; init; } = new();

    [Setting("Processes, their places and their patience.")]
    public ClusterConfig Cluster { get; init; } = new();

    [Setting("The text generated at the end of a run.")]
    public SampleConfig Sample { get; init; } = new();

    [Setting("The faults of a chaos test; only read by 'dyt chaos'.")]
    public ChaosConfig Chaos { get; init; } = new();

    /// <summary>The stage before training; null when there is none.</summary>
    public StageConfig? Calibration => Stages.FirstOrDefault(stage => stage.Kind == StageKind.Calibrate);
}
