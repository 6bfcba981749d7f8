using System.Globalization;
using DyT.Config;
using DyT.Runs;
using DyT.Security;

namespace DyT.Cli.Processes;

/// <summary>The processes of one run: how many there are and how each is started.</summary>
public interface IClusterPlan
{
    /// <summary>Workers to start, spares among them.</summary>
    int Workers { get; }

    /// <summary>Fewer workers than this cannot train.</summary>
    int MinWorkers { get; }

    int Coordinators { get; }

    /// <summary>How long the coordinator may take until it listens.</summary>
    TimeSpan StartTimeout { get; }

    /// <summary>Workers start at once, without knowing a coordinator, and are told of them on their standard input: a line "coordinators HOST:PORT,...".</summary>
    bool TellsWorkersLater => false;

    /// <param name="index">0 is started first.</param>
    /// <param name="port">Where it listened before; null at its first start.</param>
    /// <param name="others">Addresses of the other coordinators that are known.</param>
    ChildStart Coordinator(int index, int? port, IReadOnlyList<string> others);

    /// <param name="index">Its place.</param>
    /// <param name="coordinators">Empty for one that is told later.</param>
    ChildStart Worker(int index, IReadOnlyList<string> coordinators);

    /// <summary>Log file of the process of that name.</summary>
    string LogFile(string process);
}

/// <summary>How the processes of one run on this machine are started: command lines and environments. Pure.</summary>
/// <param name="Secret">Shared by the run's processes, in hex; proves to each that the others belong to the run.</param>
public sealed record ClusterPlan(RunFolder Run, ClusterConfig Cluster, string CoordinatorProgram, string WorkerProgram, string Secret) : IClusterPlan
{
    public bool TellsWorkersLater => true;

    /// <summary>The workers record where their time goes.</summary>
    public bool Traces { get; init; }

    public int Workers => Cluster.Workers + Cluster.Spares;

    public int Coordinators => Cluster.Coordinators;

    public int MinWorkers => Cluster.WorkersToGoOn;

    public TimeSpan StartTimeout => TimeSpan.FromSeconds(Cluster.StartTimeout);

    /// <summary>The plan for this build's own programs.</summary>
    /// <param name="secret">The run's; null: a fresh one.</param>
    public static ClusterPlan ForThisBuild(RunFolder run, ClusterConfig cluster, byte[]? secret = null) => new(
        run,
        cluster,
        ProgramFiles.Find("Coordinator", ProgramFiles.Coordinator),
        ProgramFiles.Find("Worker", ProgramFiles.Worker),
        Convert.ToHexStringLower(secret ?? RunSecret.Fresh()));

    public string LogFile(string process) => Path.Combine(Run.Logs, $"{process}.log");

    public ChildStart Coordinator(int index, int? port, IReadOnlyList<string> others)
    {
        var first = Cluster.CoordinatorPort == 0 ? 0 : Cluster.CoordinatorPort + index;
        return new ChildStart(
            CoordinatorName(index),
            "dotnet",
            [
                CoordinatorProgram, "--run", Run.Path, "--host", Cluster.Host, "--port", Number(port ?? first), "--attached",
                .. others.Count > 0 ? ["--peers", string.Join(',', others)] : Array.Empty<string>(),
            ],
            new Dictionary<string, string>
            {
                [RunSecret.Variable] = Secret,
                ["DOTNET_gcServer"] = "0",
            });
    }

    public ChildStart Worker(int index, IReadOnlyList<string> coordinators)
    {
        var threads = Number(Cluster.ThreadsPerWorker);
        var environment = new Dictionary<string, string>
        {
            [RunSecret.Variable] = Secret,
            // Set before the process starts: the math libraries read them once, when they load.
            ["OMP_NUM_THREADS"] = threads,
            ["MKL_NUM_THREADS"] = threads,
            ["DOTNET_gcServer"] = "0",
            // 8 MiB, in hex: else the youngest generation grows to the size of the last cache level (often 100 MB and more) before it is
            // collected, which looks like a leak for the first thousand steps.
            ["DOTNET_GCgen0size"] = "800000",
        };
        // Paths go the way of the secret: a worker has no configuration before it has registered.
        foreach (var (name, value) in MemorySettings)
            environment[name] = value;
        Give(environment, SecurityConfig.CertificateVariable, Cluster.Security.Certificate);
        Give(environment, SecurityConfig.KeyVariable, Cluster.Security.Key);
        Give(environment, SecurityConfig.AuthorityVariable, Cluster.Security.Authority);
        if (Cluster.MklCbwr.Length > 0)
            environment["MKL_CBWR"] = Cluster.MklCbwr;
        return new ChildStart(
            WorkerName(index),
            "dotnet",
            [
                WorkerProgram, "--coordinator", coordinators.Count > 0 ? string.Join(',', coordinators) : ToldLater, "--name", WorkerName(index), "--run-id", Run.Id, "--host", Cluster.Host,
                "--start-timeout", Seconds(Cluster.StartTimeout), "--orphan-timeout", Seconds(Cluster.OrphanTimeout), "--failure-detection", Seconds(Cluster.FailureDetection),
                "--control-security", Word(Cluster.Security.Control), "--data-security", Word(Cluster.Security.Data), "--transport", Word(Cluster.Transport), "--wire", Word(Cluster.Wire), "--streams", $"{Cluster.Streams}", "--attached",
                .. Traces ? ["--trace"] : Array.Empty<string>(),
            ],
            environment);
    }

    /// <summary>
    /// Variables of processes that compute: the C library asks for pages of 2 MiB where the kernel gives them on request. It reads that when the process starts.
    /// </summary>
    public static IReadOnlyDictionary<string, string> MemorySettings { get; } = new Dictionary<string, string> { ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1" };

    /// <summary>In the place of an address: it comes on standard input.</summary>
    private const string ToldLater = "-";

    /// <summary>The only one goes without a number.</summary>
    public static string CoordinatorName(int index) => index == 0 ? "coordinator" : $"coordinator-{Number(index)}";

    public static string WorkerName(int index) => $"w{Number(index)}";

    private static void Give(Dictionary<string, string> environment, string variable, string? value)
    {
        if (value is not null)
            environment[variable] = value;
    }

    private static string Word(Enum value) => value.ToString().ToLowerInvariant();

    private static string Seconds(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
