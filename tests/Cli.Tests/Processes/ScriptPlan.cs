using DyT.Cli.Processes;

namespace DyT.Cli.Tests.Processes;

/// <summary>A cluster of shell scripts: $0 is the process's name, $1 the coordinator's address, $SCRATCH a folder that all share.</summary>
internal sealed record ScriptPlan(string Folder, string CoordinatorScript, string WorkerScript, int Workers, int MinWorkers) : IClusterPlan
{
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public ChildStart Coordinator() => Script("coordinator", CoordinatorScript);

    public ChildStart Worker(int index, string coordinatorHost, int coordinatorPort) => Script($"w{index}", WorkerScript, $"{coordinatorHost}:{coordinatorPort}");

    public string LogFile(string process) => Path.Combine(Folder, "logs", $"{process}.log");

    private ChildStart Script(string name, string script, params string[] arguments) =>
        new(name, "sh", ["-c", script, name, .. arguments], new Dictionary<string, string> { ["SCRATCH"] = Folder });
}
