using System.Text.Json;
using System.Text.Json.Serialization;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Chaos;

/// <summary>A fault and what it cost: an entry of <c>chaos.json</c>.</summary>
/// <param name="At">Seconds from the run's start to the fault.</param>
/// <param name="RecoverySeconds">By how much it held the run up; null when no new step was committed after it.</param>
public sealed record FaultReport(FaultKind Kind, string What, long AfterStep, double At, double? RecoverySeconds, long StepsRedone, long Generations)
{
    public static FaultReport Of(Fault fault, Recovery recovery) =>
        new(fault.Kind, fault.What, fault.AfterStep, recovery.At, recovery.Seconds, recovery.StepsRedone, recovery.Generations);
}

/// <summary>How a chaos test went: <c>chaos.json</c>, and the table at its end. Times are seconds.</summary>
public sealed record ChaosReport
{
    private static readonly JsonSerializerOptions Options = new(RunJson.Options) { WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never };

    public required string Run { get; init; }

    /// <summary>Seed of the schedule.</summary>
    public required long Seed { get; init; }

    /// <summary>Steps of the run.</summary>
    public required long Steps { get; init; }

    /// <summary>Workers at the start.</summary>
    public required int Workers { get; init; }

    /// <summary>Faults of the schedule; those that were injected are in <see cref="Faults"/>.</summary>
    public required int Planned { get; init; }

    /// <summary>Whether the run came to its end.</summary>
    public required bool Finished { get; init; }

    public required double WallSeconds { get; init; }

    /// <summary>Wall time of the run without faults; null when there was none.</summary>
    public double? UndisturbedSeconds { get; init; }

    /// <summary>Share of the workers' time that went into steps that stand.</summary>
    public required double Goodput { get; init; }

    /// <summary>Committed steps that were thrown away and committed again.</summary>
    public required long StepsRedone { get; init; }

    /// <summary>In the order of injection.</summary>
    public required IReadOnlyList<FaultReport> Faults { get; init; }

    public IReadOnlyList<RecoverySummary> ByKind => RecoveryTimes.ByKind([.. Recoveries]);

    public double? MedianRecoverySeconds => RecoveryTimes.MedianSeconds(Recoveries);

    public double? WorstRecoverySeconds => RecoveryTimes.WorstSeconds(Recoveries);

    /// <summary>SHA-256 of the final weights; null when there are none.</summary>
    public string? Hash { get; init; }

    /// <summary>The same of the run without faults.</summary>
    public string? UndisturbedHash { get; init; }

    public bool SameWeights => Hash is not null && string.Equals(Hash, UndisturbedHash, StringComparison.OrdinalIgnoreCase);

    public required LedgerVerdict Ledger { get; init; }

    /// <summary>The run ended with the same bits and a right ledger, all faults of the schedule were injected, and it went on after each.</summary>
    public bool Passed => Finished && SameWeights && Ledger.Right && Faults.Count == Planned && Faults.All(fault => fault.RecoverySeconds is not null);

    private IEnumerable<Recovery> Recoveries => Faults.Select(fault => new Recovery(fault.Kind, fault.At, fault.RecoverySeconds, fault.StepsRedone, fault.Generations));

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <exception cref="UserErrorException">The file cannot be written.</exception>
    public void Write(string path)
    {
        try
        {
            File.WriteAllText(path, ToJson() + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path}: the report cannot be written ({e.Message.TrimEnd('.')}); free space or choose another output folder.", inner: e);
        }
    }
}
