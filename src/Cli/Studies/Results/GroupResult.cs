using DyT.Cli.Studies.Statistics;

namespace DyT.Cli.Studies.Results;

/// <summary>A group's cells, and how they compare to the baseline's. Pure.</summary>
/// <param name="Cells">In the seeds' order.</param>
/// <param name="Baseline">The group that differs from this one in the baseline's axis alone, where it has the baseline's label; null: none, or it is this one.</param>
public sealed record GroupResult(StudyGroup Group, IReadOnlyList<CellResult> Cells, IReadOnlyList<CellResult>? Baseline)
{
    /// <summary>The cells whose numbers count.</summary>
    public IEnumerable<CellResult> Whole => Cells.Where(c => c.IsWhole);

    /// <summary>The group as the study's columns name it.</summary>
    public string Label => string.Join(", ", Group.Labels);

    /// <summary>Over the whole cells.</summary>
    public Spread? Spread(string metric) => Statistics.Spread.Of(Whole.Select(c => c.Metric(metric)).OfType<double>());

    /// <summary>This group's number less the baseline's, for each seed that both have whole.</summary>
    public IReadOnlyList<double> Differences(string metric) => Baseline is null
        ? []
        : [.. Whole.Join(Baseline.Where(b => b.IsWhole), c => c.Seed, b => b.Seed, (c, b) => c.Metric(metric) - b.Metric(metric)).OfType<double>()];

    public static IReadOnlyList<GroupResult> Of(StudyPlan plan, IReadOnlyList<CellResult> cells)
    {
        IReadOnlyList<CellResult> Own(StudyGroup group) => CellsOf(plan, group, cells);
        return [.. plan.Groups.Select(group => new GroupResult(group, Own(group), BaselineOf(plan, group) is { } other ? Own(other) : null))];
    }

    /// <summary>Those of the cells that have the group's labels.</summary>
    public static IReadOnlyList<CellResult> CellsOf(StudyPlan plan, StudyGroup group, IEnumerable<CellResult> cells) =>
        [.. cells.Where(c => plan.Axes.Select((axis, i) => c.Axes[axis.Name] == group.Labels[i]).All(same => same))];

    /// <summary>Whether all learning rates of the group were tried: one that could not be is not one that diverged, and one that was not begun has no result at all.</summary>
    public static bool IsSearched(StudyPlan plan, StudyGroup group, IEnumerable<CellResult> searches) =>
        CellsOf(plan, group, searches) is var own && own.Count == plan.SearchLr.Count && own.All(c => c.IsAtItsEnd);

    private static StudyGroup? BaselineOf(StudyPlan plan, StudyGroup group)
    {
        var axis = plan.File.BaselineAxis;
        return plan.File.Baseline is { } label && group.Labels[axis] != label
            ? plan.Groups.First(g => g.Labels.SequenceEqual(group.Labels.Select((own, i) => i == axis ? label : own)))
            : null;
    }
}
