namespace DyT.Coordinator.Core;

/// <summary>What whoever asks that a worker leave is told.</summary>
/// <param name="IsKnown">There is such a worker, and it leaves.</param>
/// <param name="Sentence">For people.</param>
public sealed record DrainAnswer(bool IsKnown, string Sentence);
