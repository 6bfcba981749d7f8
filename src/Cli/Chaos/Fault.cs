using System.Globalization;
using DyT.Config;

namespace DyT.Cli.Chaos;

/// <summary>One fault of a schedule. Workers are meant by their index: 0 to n-1 are there from the start, further ones come with joins.</summary>
/// <param name="AfterStep">It is due once this step is committed.</param>
public abstract record Fault(FaultKind Kind, long AfterStep)
{
    /// <summary>A phrase for people and the report.</summary>
    public abstract string What { get; }

    /// <summary>How long it lasts; zero for what happens at once.</summary>
    public virtual double Seconds => 0;

    private protected static string Worker(int index) => string.Create(CultureInfo.InvariantCulture, $"w{index}");

    private protected static string For(double seconds) => string.Create(CultureInfo.InvariantCulture, $"for {seconds:0.0} s");
}

public sealed record KillWorker(long AfterStep, int Index) : Fault(FaultKind.KillWorker, AfterStep)
{
    public override string What => $"kill {Worker(Index)}";
}

/// <param name="Duration">Seconds between SIGSTOP and SIGCONT.</param>
/// <param name="BeyondBudget">Longer than the failure detection's budget, so that the worker is taken for dead and comes back.</param>
public sealed record FreezeWorker(long AfterStep, int Index, double Duration, bool BeyondBudget) : Fault(FaultKind.FreezeWorker, AfterStep)
{
    public override string What => $"freeze {Worker(Index)} {For(Duration)}";

    public override double Seconds => Duration;
}

public sealed record DrainWorker(long AfterStep, int Index) : Fault(FaultKind.DrainWorker, AfterStep)
{
    public override string What => $"drain {Worker(Index)}";
}

/// <param name="Index">Index of the new worker; never used before.</param>
public sealed record JoinWorker(long AfterStep, int Index) : Fault(FaultKind.JoinWorker, AfterStep)
{
    public override string What => $"join {Worker(Index)}";
}

public sealed record KillCoordinator(long AfterStep) : Fault(FaultKind.KillCoordinator, AfterStep)
{
    public override string What => "kill the coordinator in charge";
}

public sealed record CutConnections(long AfterStep, int Index) : Fault(FaultKind.CutConnections, AfterStep)
{
    public override string What => $"cut the connections of {Worker(Index)}";
}

public sealed record SlowLink(long AfterStep, int Index, double Duration, long BytesPerSecond, TimeSpan Delay) : Fault(FaultKind.SlowLink, AfterStep)
{
    public override string What => string.Create(
        CultureInfo.InvariantCulture,
        $"slow down the link of {Worker(Index)} to {BytesPerSecond / 1024.0 / 1024.0:0.###} MiB/s and by {Delay.TotalMilliseconds:0.#} ms {For(Duration)}");

    public override double Seconds => Duration;
}

public sealed record DiskFull(long AfterStep, double Duration) : Fault(FaultKind.DiskFull, AfterStep)
{
    public override string What => $"no disk space {For(Duration)}";

    public override double Seconds => Duration;
}

/// <param name="Isolated">The minority: these reach each other, but neither the rest nor the coordinator. In ascending order.</param>
public sealed record Partition(long AfterStep, IReadOnlyList<int> Isolated, double Duration, bool BeyondBudget) : Fault(FaultKind.Partition, AfterStep)
{
    public override string What => $"cut off {string.Join(" and ", Isolated.Select(Worker))} {For(Duration)}";

    public override double Seconds => Duration;

    // A record compares a list by reference.
    public bool Equals(Partition? other) =>
        other is not null && base.Equals(other) && Isolated.SequenceEqual(other.Isolated) && Duration.Equals(other.Duration) && BeyondBudget == other.BeyondBudget;

    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Isolated.Count, Duration);
}
