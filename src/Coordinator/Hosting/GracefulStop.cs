namespace DyT.Coordinator.Hosting;

/// <summary>Finish the step, write a checkpoint, end. From this process alone: it has no form on the wire, so no peer can stop a run.</summary>
public sealed record GracefulStop;
