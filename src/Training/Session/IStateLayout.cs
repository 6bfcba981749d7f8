using DyT.Collectives;
using DyT.Training.Gradients;

namespace DyT.Training.Session;

/// <summary>What came of <see cref="IStateLayout.Synchronise"/>.</summary>
/// <param name="Agreement">Whose state counts, and at which step.</param>
/// <param name="Incoming">This rank's state, where it is still on its way.</param>
/// <param name="ReceivedBytes">What this rank received while all waited, and in how many seconds.</param>
/// <param name="Fallback">Why committed steps are lost and all went back to a checkpoint; null when none is.</param>
internal sealed record Synchronisation(StateAgreement Agreement, IncomingState? Incoming, long ReceivedBytes = 0, double Seconds = 0, string? Fallback = null);

/// <summary>
/// How weights and moments lie over the workers of one generation: whole on each (<see cref="StateTransfer"/>) or the moments in pieces
/// (<see cref="ShardedState"/>). All members call the same in the same order.
/// </summary>
internal interface IStateLayout
{
    /// <summary>Brings all members to one state, at the start of a generation, after a rollback, or in a standstill.</summary>
    /// <param name="wait">Everyone waits for the observers too.</param>
    Synchronisation Synchronise(bool wait);

    /// <summary>Compares everyone's state after a committed step, and heals whoever differs.</summary>
    /// <param name="observing">This rank's state is still on its way.</param>
    StateAgreement Audit(bool observing);

    /// <summary>After the update of what this worker holds: begins to make the step everyone's. <see cref="Complete"/> has to follow.</summary>
    /// <param name="step">The step.</param>
    /// <param name="applied">False when the guard left its update out.</param>
    void Finish(long step, bool applied);

    /// <summary>Whether weights of the last step may still be arriving: until <see cref="Complete"/> nothing else may be called but <see cref="Await"/>, and the summed gradients have to stay.</summary>
    bool IsArriving { get; }

    /// <summary>Returns when the weights are here that forward reads at this mark.</summary>
    void Await(int mark);

    /// <summary>Returns when all weights are here: the step is everyone's. What their way took.</summary>
    CommunicationTime Complete();

    /// <summary>Hands the committed state to the lead's checkpoint writer, unless that step has a checkpoint.</summary>
    void Save(Action<string> onProblem);

    /// <summary>Before going over to <paramref name="next"/>: what those who are not members of it hold alone is not lost.</summary>
    void BeforeHandOver(GenerationPlan next, Action<string> onProblem);
}
