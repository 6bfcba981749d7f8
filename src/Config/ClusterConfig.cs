namespace DyT.Config;

/// <summary>Processes, their places and their patience.</summary>
public sealed record ClusterConfig
{
    /// <summary>Of <see cref="Streams"/>.</summary>
    public const int MostStreams = 16;

    [Setting("Worker processes that 'dyt train' starts on this machine.", Min = 1, Max = 1024)]
    public int Workers { get; init; } = 2;

    [Setting("Workers that training needs: it starts with so many, and waits when fewer are left. Absent: it starts with all and goes on with any.", Min = 1)]
    public int? MinWorkers { get; init; }

    [Setting("Workers that may compute at the same time; further ones wait. Absent: as many as there are micro-shards.", Min = 1)]
    public int? MaxWorkers { get; init; }

    [Setting("Hot spares: workers beside the computing ones whose state is kept level, promoted at once when one is lost. 'dyt train' starts them in addition.", Min = 0, Max = 256)]
    public int Spares { get; init; }

    [Setting("Coordinator processes: one decides, the others stand by.", Min = 1, Max = 7)]
    public int Coordinators { get; init; } = 1;

    [Setting("How often 'dyt train' starts the same dead process again within 10 minutes before it leaves it dead; the pause before that grows from nothing to a minute. 0: never.", Min = 0, Max = 1000)]
    public int Restarts { get; init; } = 3;

    [Setting("How long workers go on without a coordinator before they give up, in seconds.", Min = 1, Max = 1000000)]
    public double OrphanTimeout { get; init; } = 600;

    [Setting("Keep the last operations of every worker, and write them to the run's folder when a generation breaks.")]
    public bool FlightRecorder { get; init; } = true;

    [Setting("Slow workers: off: every worker gets as many micro-shards; balance: slow ones get fewer (the weights are the same); replace: also, one far slower than the rest for long is drained.")]
    public StragglerPolicy Stragglers { get; init; } = StragglerPolicy.Balance;

    [Setting("Computing threads of a worker. Part of what fixes the bits, so it is a setting and never derived from the number of workers.", Min = 1, Max = 1024)]
    public int ThreadsPerWorker { get; init; } = 1;

    [Setting("Host name or address that the processes bind and tell the others.")]
    public string Host { get; init; } = "127.0.0.1";

    [Setting("Port of the coordinator's control plane; 0: a free one.", Min = 0, Max = 65535)]
    public int CoordinatorPort { get; init; }

    [Setting("Address on which the coordinator answers 'dyt status' and 'dyt drain' over HTTP; everything but the health probe wants the run's token.")]
    public string ApiHost { get; init; } = "127.0.0.1";

    [Setting("Port of that; 0: a free one, named in the run's folder.", Min = 0, Max = 65535)]
    public int ApiPort { get; init; }

    [Setting("The one budget for noticing a silent host, in seconds; all other time-outs are derived from it.", Min = 1, Max = 600)]
    public double FailureDetection { get; init; } = 5;

    [Setting("Size of a gradient bucket, in MiB.", Min = 0.0625, Max = 1024)]
    public double BucketMb { get; init; } = 4;

    [Setting("Memory that a joining worker may use, beside its state, for gradients of the steps that the others do while its state is on its way, in MiB. When they would take more, all wait for it between two steps; 0: always.", Min = 0, Max = 1048576)]
    public double CatchUpMb { get; init; } = 4096;

    [Setting("Whether each gradient bucket is reduced as soon as it is final, while backward goes on; with zero1 also updated weights gathered while the next forward goes on. The weights are the same either way. auto: not where all workers share memory and their threads keep every core busy, for there it takes longer than it hides; always; never.")]
    public OverlapMode Overlap { get; init; } = OverlapMode.Auto;

    [Setting("Way of gradients between workers: auto: shared memory within a host, TCP between hosts; tcp: TCP alone; shm: shared memory alone, an error where there is none.")]
    public DataTransport Transport { get; init; } = DataTransport.Auto;

    [Setting("Numbers in which gradients go by TCP: fp32; bf16: half the bytes, still added in fp32. bf16 needs reproducible: false, for what is rounded depends on who computed it. Shared memory, all-reduces of up to 32 KiB and everything but gradients keep fp32.")]
    public WireType Wire { get; init; } = WireType.Fp32;

    [Setting("TCP connections between two workers, over which gradients are spread. More than one can help between hosts: where the network gives one connection only a part of its rate, as clouds do, or loses packets over a long way; and with security.data: tls, which encrypts each on a thread of its own.", Min = 1, Max = MostStreams)]
    public int Streams { get; init; } = 1;

    [Setting("How long a started worker may take to reach the coordinator and register, in seconds.", Min = 1, Max = 3600)]
    public double StartTimeout { get; init; } = 60;

    [Setting("Math library's reproducible mode for fleets of mixed CPUs (environment variable MKL_CBWR of the workers, e.g. AVX2); all products in fp32 are the library's then. Empty: the fastest code of each CPU. It does not reach train.products: bf16, whose bits depend on the kind of CPU.")]
    public string MklCbwr { get; init; } = "";

    [Setting("How the processes protect what they say to each other.")]
    public SecurityConfig Security { get; init; } = new();

    /// <summary>Workers that the run begins with at least.</summary>
    public int WorkersToStart => MinWorkers ?? Workers;

    /// <summary>Workers that the run goes on with at least.</summary>
    public int WorkersToGoOn => MinWorkers ?? 1;
}

/// <summary>By what way data goes between workers.</summary>
public enum DataTransport
{
    Auto,
    Tcp,
    Shm,
}

/// <summary>Whether communication goes on beside computing.</summary>
public enum OverlapMode
{
    // Where earlier versions say 'true', it was their default.
    [FormerWord("true")]
    Auto,
    Always,
    [FormerWord("false")]
    Never,
}

/// <summary>Numbers in which gradients go between workers by TCP.</summary>
public enum WireType
{
    Fp32,
    Bf16,
}

/// <summary>What is done about slow workers.</summary>
public enum StragglerPolicy
{
    Off,
    Balance,
    Replace,
}
