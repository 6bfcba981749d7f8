namespace DyT.Cli.Studies.Running;

/// <summary>A cell whose process runs.</summary>
/// <param name="Number">How many were started before it.</param>
/// <param name="RunOf">Finds its run's folder; null before there is one.</param>
public sealed record RunningCell(int Number, StudyCell Cell, Func<string?> RunOf);
