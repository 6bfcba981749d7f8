namespace DyT.Coordinator.Core;

/// <summary>What a coordinator leaves behind for the one after it. Everything else is asked of the workers.</summary>
/// <param name="Generation">The highest number given out.</param>
/// <param name="Members">Whom to expect.</param>
/// <param name="Over">The run has ended: nothing is to be done any more.</param>
public sealed record CoordinatorMemo(long Generation, IReadOnlyList<string> Members, bool Over);
