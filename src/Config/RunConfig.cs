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

    [Setting("Same bits for any number of workers. Off allows faster reductions whose rounding depends on the membership.")]
    public bool Reproducible { get; init; } = true;

    public ModelConfig Model { get; init; } = new();

    public DataConfig Data { get; init; } = new();

    public TrainConfig Train { get; init; } = new();

    public OptimizerConfig Optimizer { get; init; } = new();

    public ScheduleConfig Schedule { get; init; } = new();

    public GuardConfig Guard { get; init; } = new();

    public CheckpointConfig Checkpoint { get; init; } = new();

    public ClusterConfig Cluster { get; init; } = new();

    public SampleConfig Sample { get; init; } = new();
}
