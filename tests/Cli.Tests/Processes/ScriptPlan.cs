using DyT.Cli.Processes;

namespace DyT.Cli.Tests.Processes;

/// <summary>A cluster of shell scripts: $0 is the process's name, $1 the coordinators' addresses (of a coordinator: its own port, when it is started again, and $2 the others), $SCRATCH a folder that all share.</summary>
internal sealed record ScriptPlan(string Folder, string CoordinatorScript, string WorkerScript, int Workers, int MinWorkers) : IClusterPlan
{
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    public int Coordinators { get; init; } = 1;

    public bool TellsWorkersLater { get; init; }

    public ChildStart Coordinator(int index, int? port, IReadOnlyList<string> others) =>
        Script(ClusterPlan.CoordinatorName(index), CoordinatorScript, $"{port}", string.Join(',', others));

    public ChildStart Worker(int index, IReadOnlyList<string> coordinators) => Script($"w{index}", WorkerScript, string.Join(',', coordinators));

    public string LogFile(string process) => Path.Combine(Folder, "logs", $"{process}.log");

    private ChildStart Script(string name, string script, params string[] arguments) =>
        new(name, "sh", ["-c", script, name, .. arguments], new Dictionary<string, string> { ["SCRATCH"] = Folder });
}
