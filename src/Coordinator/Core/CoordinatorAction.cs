using DyT.Collectives;
using DyT.Runs;

namespace DyT.Coordinator.Core;

/// <summary>What the decision core wants done; carried out by the actor.</summary>
public abstract record CoordinatorAction;

/// <summary>Tell a worker that it belongs to the run.</summary>
public sealed record WelcomeWorker(string Name) : CoordinatorAction;

/// <summary>Tell a worker that the run is over.</summary>
public sealed record DismissWorker(string Name) : CoordinatorAction;

/// <summary>Tell these workers to train in this generation.</summary>
public sealed record StartMembers(GenerationPlan Plan, IReadOnlyList<string> Names) : CoordinatorAction;

/// <summary>Tell these workers which generation comes next, after a step.</summary>
public sealed record OfferMembers(GenerationPlan Plan, IReadOnlyList<string> Names) : CoordinatorAction;

/// <summary>Tell a worker that it may leave now.</summary>
public sealed record ReleaseWorker(string Name) : CoordinatorAction;

/// <summary>Tell a registered worker that it is of no use to the run, and why: it ends.</summary>
public sealed record SendAway(string Name, string Reason) : CoordinatorAction;

/// <summary>Write down what a coordinator that takes over should know.</summary>
public sealed record SaveMemo(CoordinatorMemo Memo) : CoordinatorAction;

/// <summary>Tell these workers that the generation is over.</summary>
public sealed record AbortMembers(long Generation, IReadOnlyList<string> Names, string Reason) : CoordinatorAction;

/// <summary>Come back with <see cref="CoordinatorCore.RollCallOver"/> after the roll call's time.</summary>
public sealed record StartRollCall(long Generation) : CoordinatorAction;

/// <summary>Come back with <see cref="CoordinatorCore.RollCallOver"/> after the start time-out: members that live but still compute may take that long to let go.</summary>
public sealed record AwaitSessions(long Generation) : CoordinatorAction;

/// <summary>Come back with <see cref="CoordinatorCore.WaitedTooLong"/> after the start time-out.</summary>
public sealed record StartWaiting(int Attempt) : CoordinatorAction;

/// <summary>Ask members to finish the step, write a checkpoint and end.</summary>
public sealed record StopMembers(IReadOnlyList<string> Names) : CoordinatorAction;

/// <summary>The worker's process is dead, useless or about to leave: forget it.</summary>
public sealed record DropWorker(string Name) : CoordinatorAction;

/// <summary>Give a committed step its line in the ledger, unless it has one.</summary>
public sealed record AppendToLedger(StepMetrics Metrics) : CoordinatorAction;

/// <summary>Remove what the ledger says of later steps: they will be done again.</summary>
public sealed record TruncateLedger(long AfterStep) : CoordinatorAction;

/// <summary>Tell whoever started the run.</summary>
public sealed record Emit(RunEvent Event) : CoordinatorAction;

/// <summary>The run is over: tell all workers, then end the process.</summary>
public sealed record EndRun(int ExitCode) : CoordinatorAction;
