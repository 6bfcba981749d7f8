using DyT.Training.Checkpoints;
using DyT.Training.Session;

namespace DyT.Worker;

/// <summary>What a worker tells of itself at registration beside its name and address.</summary>
public static class WorkerIdentity
{
    /// <summary>New for every process.</summary>
    public static string Incarnation { get; } = Guid.NewGuid().ToString("N");

    public static string Machine => MachineKind.Name;

    /// <summary>Identity of the compiled training code: other code may give other bits.</summary>
    public static string Build { get; } = typeof(TrainingSession).Module.ModuleVersionId.ToString("N")[..12];
}
