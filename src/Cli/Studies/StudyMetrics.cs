using DyT.Config;

namespace DyT.Cli.Studies;

/// <summary>What the cells of a study can be compared by.</summary>
public static class StudyMetrics
{
    private static readonly string[] Always = ["val_loss", "best_val_loss", "step_seconds", "tokens_per_second", "peak_resident_bytes"];

    /// <summary>Of cells with this configuration: losses and costs, and what their kind of network is scored by.</summary>
    public static IReadOnlyList<string> Of(RunConfig config) => config.Model.Arch switch
    {
        ArchKind.Vit => [.. Always, "top1", "top5"],
        ArchKind.Seq2seq => [.. Always, "accuracy", .. ScoresTranslations(config) ? ["bleu", "chrf"] : Array.Empty<string>()],
        _ => Always,
    };

    /// <summary>Whether its run ends with scores of translations.</summary>
    public static bool ScoresTranslations(RunConfig config) => config.Model.Arch == ArchKind.Seq2seq && config.Sample.Score && config.Data.Pairs.TestFraction > 0;
}
