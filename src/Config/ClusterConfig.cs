namespace DyT.Config;

/// <summary>Processes, their places and their patience.</summary>
public sealed record ClusterConfig
{
    [Setting("Worker processes that 'dyt train' starts on this machine.", Min = 1, Max = 256)]
    public int Workers { get; init; } = 2;

    [Setting("Workers that must have registered before training starts. Absent: workers.", Min = 1)]
    public int? MinWorkers { get; init; }

    [Setting("Computing threads of a worker. Part of what fixes the bits, so it is a setting and never derived from the number of workers.", Min = 1, Max = 1024)]
    public int ThreadsPerWorker { get; init; } = 1;

    [Setting("Host name or address that the processes bind and tell the others.")]
    public string Host { get; init; } = "127.0.0.1";

    [Setting("Port of the coordinator's control plane; 0: a free one.", Min = 0, Max = 65535)]
    public int CoordinatorPort { get; init; }

    [Setting("The one budget for noticing a silent host, in seconds; all other time-outs are derived from it.", Min = 1, Max = 600)]
    public double FailureDetection { get; init; } = 5;

    [Setting("Size of a gradient bucket, in MiB.", Min = 0.0625, Max = 1024)]
    public double BucketMb { get; init; } = 4;

    [Setting("How long a started worker may take to reach the coordinator and register, in seconds.", Min = 1, Max = 3600)]
    public double StartTimeout { get; init; } = 60;

    [Setting("Math library's reproducible mode for fleets of mixed CPUs (environment variable MKL_CBWR of the workers, e.g. AVX2); empty: the fastest code of each CPU.")]
    public string MklCbwr { get; init; } = "";

    [Setting("How the processes protect what they say to each other.")]
    public SecurityConfig Security { get; init; } = new();

    public int EffectiveMinWorkers => MinWorkers ?? Workers;
}
