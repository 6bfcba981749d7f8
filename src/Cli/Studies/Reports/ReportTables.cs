using System.Globalization;
using DyT.Cli.Studies.Results;
using DyT.Cli.Studies.Statistics;
using DyT.Cli.Views;

namespace DyT.Cli.Studies.Reports;

/// <summary>The tables of a study's report. Pure.</summary>
public static class ReportTables
{
    private const string None = "-";

    /// <summary>Quality: a row per group.</summary>
    public static Grid Quality(StudyPlan plan, IReadOnlyList<GroupResult> groups)
    {
        var scores = groups.SelectMany(g => g.Whole).SelectMany(c => c.Scores?.Keys ?? []).Distinct().ToArray();
        var compares = plan.File.Baseline is not null;
        var metrics = Compared(plan);
        var columns = plan.Axes.Select(a => (a.Name, Numeric: false)).ToList();
        columns.AddRange([("learning rate", true), ("n", true), ("best validation loss", true), ("final validation loss", true)]);
        columns.AddRange(scores.Select(s => ($"final {s}", true)));
        if (compares)
            columns.AddRange(metrics.Select(m => ($"difference, {NameOf(m)}", true)));
        return new Grid([.. columns.Select(c => c.Name)], [.. columns.Select(c => c.Numeric)], [.. groups.Select(g => (IReadOnlyList<string>)
        [
            .. g.Group.Labels,
            string.Join(", ", g.Cells.Select(c => c.LearningRate).Distinct().Select(Format.Scientific)),
            Counted(g),
            Value(g.Spread("best_val_loss"), "best_val_loss"),
            Value(g.Spread("val_loss"), "val_loss"),
            .. scores.Select(s => Value(g.Spread(s), s)),
            .. compares ? metrics.Select(m => Difference(g, m)) : [],
        ])]);
    }

    /// <summary>Significance: a row per group that has a baseline; empty where there is none.</summary>
    public static Grid Significance(StudyPlan plan, IReadOnlyList<GroupResult> groups) => new(
        [.. plan.Axes.Select(a => a.Name), "n (pairs)", "difference", "95 % interval", "p"],
        [.. plan.Axes.Select(_ => false), true, true, true, true],
        [.. groups.Where(g => g.Baseline is not null).Select(g => (Group: g, Differences: g.Differences(plan.File.Metric))).Select(x => (IReadOnlyList<string>)
        [
            .. x.Group.Group.Labels,
            x.Differences.Count.ToString(CultureInfo.InvariantCulture),
            Difference(x.Group, plan.File.Metric),
            .. PairedBootstrap.Of(x.Differences) is { } test
                ? new[] { $"{Signed(test.Low, plan.File.Metric)} to {Signed(test.High, plan.File.Metric)}", test.P.ToString("0.000", CultureInfo.InvariantCulture) }
                : [None, $"too few (n < {PairedBootstrap.MinPairs})"],
        ])]);

    /// <summary>Cost: a row per group.</summary>
    public static Grid Cost(StudyPlan plan, IReadOnlyList<GroupResult> groups) => new(
        [.. plan.Axes.Select(a => a.Name), "ms per step", "tokens/s", "peak memory of a worker", .. plan.File.Baseline is null ? Array.Empty<string>() : ["time to baseline's", "memory to baseline's"]],
        [.. plan.Axes.Select(_ => false), true, true, true, .. plan.File.Baseline is null ? Array.Empty<bool>() : [true, true]],
        [.. groups.Select(g => (IReadOnlyList<string>)
        [
            .. g.Group.Labels,
            Value(g.Spread("step_seconds"), "step_seconds"),
            Value(g.Spread("tokens_per_second"), "tokens_per_second"),
            Value(g.Spread("peak_resident_bytes"), "peak_resident_bytes"),
            .. plan.File.Baseline is null ? Array.Empty<string>() : [Ratio(g, "step_seconds"), Ratio(g, "peak_resident_bytes")],
        ])]);

    /// <summary>The metrics that groups are compared by: the study's, and with the final loss the best one too.</summary>
    public static IReadOnlyList<string> Compared(StudyPlan plan) => plan.File.Metric == "val_loss" ? ["best_val_loss", "val_loss"] : [plan.File.Metric];

    public static string NameOf(string metric) => metric switch
    {
        "val_loss" => "final validation loss",
        "best_val_loss" => "best validation loss",
        "step_seconds" => "ms per step",
        "tokens_per_second" => "tokens/s",
        "peak_resident_bytes" => "peak memory",
        _ => metric,
    };

    public static string Value(Spread? spread, string metric) => spread switch
    {
        null => None,
        { Deviation: { } deviation } => $"{Number(spread.Mean, metric)} ± {Number(deviation, metric)}",
        _ => Number(spread.Mean, metric),
    };

    private static string Difference(GroupResult group, string metric) => group.Baseline is null
        ? "baseline"
        : Spread.Of(group.Differences(metric)) is { } spread ? Signed(spread.Mean, metric) : None;

    private static string Ratio(GroupResult group, string metric)
    {
        if (group.Baseline is null)
            return "baseline";
        var own = group.Spread(metric);
        var other = Spread.Of(group.Baseline.Where(c => c.IsWhole).Select(c => c.Metric(metric)).OfType<double>());
        return own is null || other is null || other.Mean == 0 ? None : (own.Mean / other.Mean).ToString("0.00", CultureInfo.InvariantCulture) + "×";
    }

    private static string Counted(GroupResult group)
    {
        var whole = group.Whole.Count();
        return whole == group.Cells.Count ? whole.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{whole} of {group.Cells.Count}");
    }

    private static string Signed(double value, string metric) => (value < 0 ? "−" : "+") + Number(Math.Abs(value), metric);

    /// <summary>A value of a metric, or a difference of two.</summary>
    public static string Number(double value, string metric) => metric switch
    {
        "val_loss" or "best_val_loss" => value.ToString("0.0000", CultureInfo.InvariantCulture),
        "step_seconds" => (value * 1000).ToString("0.00", CultureInfo.InvariantCulture),
        "tokens_per_second" => Format.Count(value),
        "peak_resident_bytes" => Format.Bytes(value),
        "bleu" or "chrf" => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => Format.Percent(value), // scores are shares
    };
}
