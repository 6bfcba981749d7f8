namespace DyT.Config;

/// <summary>What 'dyt chaos' does to a run.</summary>
public sealed record ChaosConfig
{
    [Setting("Faults in the whole run.", Min = 0, Max = 10000)]
    public int Faults { get; init; } = 12;

    [Setting("Seed of the schedule: which fault hits whom, when and for how long. The same seed gives the same schedule.", Min = 0)]
    public long Seed { get; init; } = 1;

    // Text and not a list: no other setting is one, and --set must be able to replace it.
    [Setting("Kinds of faults, separated by commas: kill_worker, freeze_worker, drain_worker, join_worker, kill_coordinator, cut_connections, slow_link (these are: usual), disk_full and partition (these need root; with them: all). Each occurs when there are enough faults.")]
    public string Kinds { get; init; } = FaultKindNames.Usual;

    [Setting("Share of the steps at the start, and again at the end, without faults.", Min = 0, Max = 0.45)]
    public double Quiet { get; init; } = 0.1;

    [Setting("Committed steps at least between two faults.", Min = 1, Max = 1000000)]
    public int MinSpacing { get; init; } = 3;

    [Setting("Rate of a slow link, in MiB/s.", Min = 0.001, Max = 100000)]
    public double SlowMb { get; init; } = 4;

    [Setting("Additional delay of a slow link in each direction, in seconds.", Min = 0, Max = 10)]
    public double SlowDelay { get; init; } = 0.01;

    [Setting("Seconds without a committed step after which the run counts as stuck and the test as failed.", Min = 1, Max = 86400)]
    public double Patience { get; init; } = 120;

    /// <summary>The kinds, in the order of their declaration. What is no kind is left out: the validator has refused it.</summary>
    public IReadOnlyList<FaultKind> FaultKinds => FaultKindNames.Parse(Kinds).Kinds;
}
