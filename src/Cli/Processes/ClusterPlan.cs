using System.Globalization;
using System.Security.Cryptography;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Processes;

/// <summary>The processes of one run: how many there are and how each is started.</summary>
public interface IClusterPlan
{
    int Workers { get; }

    /// <summary>Fewer workers than this cannot train.</summary>
    int MinWorkers { get; }

    /// <summary>How long the coordinator may take until it listens.</summary>
    TimeSpan StartTimeout { get; }

    ChildStart Coordinator();

    ChildStart Worker(int index, string coordinatorHost, int coordinatorPort);

    /// <summary>Log file of the process of that name.</summary>
    string LogFile(string process);
}

/// <summary>How the processes of one run on this machine are started: command lines and environments. Pure.</summary>
/// <param name="Secret">Shared by the run's processes, in hex; proves to each that the others belong to the run.</param>
public sealed record ClusterPlan(RunFolder Run, ClusterConfig Cluster, string CoordinatorProgram, string WorkerProgram, string Secret) : IClusterPlan
{
    public int Workers => Cluster.Workers;

    public int MinWorkers => Cluster.EffectiveMinWorkers;

    public TimeSpan StartTimeout => TimeSpan.FromSeconds(Cluster.StartTimeout);

    /// <summary>The plan for this build's own programs, with a fresh secret.</summary>
    public static ClusterPlan ForThisBuild(RunFolder run, ClusterConfig cluster) => new(
        run,
        cluster,
        ProgramFiles.Find("Coordinator", ProgramFiles.Coordinator),
        ProgramFiles.Find("Worker", ProgramFiles.Worker),
        Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));

    public string LogFile(string process) => Path.Combine(Run.Logs, $"{process}.log");

    public ChildStart Coordinator() => new(
        "coordinator",
        "dotnet",
        [CoordinatorProgram, "--run", Run.Path, "--host", Cluster.Host, "--port", Number(Cluster.CoordinatorPort), "--attached"],
        new Dictionary<string, string>
        {
            ["DYT_SECRET"] = Secret,
            ["DOTNET_gcServer"] = "0",
        });

    public ChildStart Worker(int index, string coordinatorHost, int coordinatorPort)
    {
        var threads = Number(Cluster.ThreadsPerWorker);
        var environment = new Dictionary<string, string>
        {
            ["DYT_SECRET"] = Secret,
            // Set before the process starts: the math libraries read them once, when they load.
            ["OMP_NUM_THREADS"] = threads,
            ["MKL_NUM_THREADS"] = threads,
            ["DOTNET_gcServer"] = "0",
            // 8 MiB, in hex: else the youngest generation grows to the size of the last cache level (often 100 MB and more) before it is
            // collected, which looks like a leak for the first thousand steps.
            ["DOTNET_GCgen0size"] = "800000",
        };
        // Paths go the way of the secret: a worker has no configuration before it has registered.
        Give(environment, SecurityConfig.CertificateVariable, Cluster.Security.Certificate);
        Give(environment, SecurityConfig.KeyVariable, Cluster.Security.Key);
        Give(environment, SecurityConfig.AuthorityVariable, Cluster.Security.Authority);
        if (Cluster.MklCbwr.Length > 0)
            environment["MKL_CBWR"] = Cluster.MklCbwr;
        return new ChildStart(
            WorkerName(index),
            "dotnet",
            [
                WorkerProgram, "--coordinator", $"{coordinatorHost}:{Number(coordinatorPort)}", "--name", WorkerName(index), "--run-id", Run.Id, "--host", Cluster.Host,
                "--start-timeout", Seconds(Cluster.StartTimeout), "--failure-detection", Seconds(Cluster.FailureDetection),
                "--control-security", Word(Cluster.Security.Control), "--data-security", Word(Cluster.Security.Data), "--attached",
            ],
            environment);
    }

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
