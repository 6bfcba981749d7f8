namespace DyT.Coordinator.Core;

/// <summary>A registered worker, as the coordinator knows it.</summary>
/// <param name="CommittedStep">Null until its session is open.</param>
public sealed record WorkerEntry(string Name, string Incarnation, string Host, int DataPort, string Machine, string Build, long? CommittedStep)
{
    public bool IsReady => CommittedStep is not null;
}
