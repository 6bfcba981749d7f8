using System.Text.Json;
using System.Text.Json.Serialization;
using DyT.Cli.Views;
using DyT.Runs;

namespace DyT.Cli.Summaries;

/// <summary>How a run ended: <c>summary.json</c>, and the table at the end of <c>dyt train</c>. Losses are nats per token, times seconds.</summary>
public sealed record RunSummary
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    private const long MaxBytes = 1 << 20;

    public required string Run { get; init; }

    public required RunOutcome Outcome { get; init; }

    /// <summary>Steps committed in the whole run.</summary>
    public required long Steps { get; init; }

    public required int TotalSteps { get; init; }

    public double? TrainLoss { get; init; }

    public double? BestValLoss { get; init; }

    public long? BestValStep { get; init; }

    public double? FinalValLoss { get; init; }

    /// <summary>What else the last evaluation found, as shares by name (<c>top1</c>).</summary>
    public IReadOnlyDictionary<string, double>? FinalScores { get; init; }

    /// <summary>Of translations of what was kept aside, 0 to 100: <c>bleu</c>, <c>chrf</c>; null where they were not asked for.</summary>
    public IReadOnlyDictionary<string, double>? TestScores { get; init; }

    /// <summary>exp of the final validation loss; of text.</summary>
    public double? Perplexity { get; init; }

    /// <summary>Final validation loss in bits per byte of text: comparable over tokenizers.</summary>
    public double? BitsPerByte { get; init; }

    /// <summary>Mean over this command's steps, evaluation and checkpoints left out.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>Last step's share of the machine's measured matrix-multiply rate.</summary>
    public double? Mfu { get; init; }

    /// <summary>The most memory that any one worker was seen to hold resident while this command ran, in bytes.</summary>
    public long? PeakResidentBytes { get; init; }

    /// <summary>From the start of the command to the end of the run.</summary>
    public required double WallSeconds { get; init; }

    /// <summary>Generations formed; more than one says that the membership changed.</summary>
    public required long Generations { get; init; }

    public string? Checkpoint { get; init; }

    /// <param name="valBytesPerToken">UTF-8 bytes of validation text per token, when known.</param>
    public static RunSummary Of(TrainProgress progress, RunFolder run, DateTimeOffset now, double? valBytesPerToken) => new()
    {
        Run = run.Id,
        Outcome = progress.Ended?.Outcome ?? RunOutcome.Failed,
        Steps = progress.Step,
        TotalSteps = progress.TotalSteps,
        TrainLoss = progress.Loss.Value,
        BestValLoss = progress.BestVal,
        BestValStep = progress.BestValStep,
        FinalValLoss = progress.LastVal,
        FinalScores = progress.LastScores,
        Perplexity = progress.LastVal is { } loss && valBytesPerToken is not null ? Math.Exp(loss) : null,
        BitsPerByte = progress.LastVal is { } nats && valBytesPerToken is > 0 ? nats / Math.Log(2) / valBytesPerToken : null,
        TokensPerSecond = progress.MeanTokensPerSecond,
        Mfu = progress.Last?.Mfu,
        PeakResidentBytes = progress.PeakResidentBytes,
        WallSeconds = (now - progress.Started).TotalSeconds,
        Generations = progress.Generation,
        Checkpoint = progress.Checkpoint?.Path,
    };

    public string ToJson() => JsonSerializer.Serialize(this, Options);

    /// <summary>Replaces the run's summary; it is the old or the new one at any time.</summary>
    public void Write(string path) => AtomicFile.Write(path, ToJson() + "\n");

    /// <summary>A run's summary; null when there is none, or no whole one: the run was interrupted before its end.</summary>
    public static RunSummary? TryRead(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read);
            return file.Length <= MaxBytes ? JsonSerializer.Deserialize<RunSummary>(file, Options) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }
}
