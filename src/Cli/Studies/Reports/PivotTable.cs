using DyT.Cli.Studies.Results;

namespace DyT.Cli.Studies.Reports;

/// <summary>The study's metric with one axis downward and one across (<c>report</c> in the study file), a table for each combination of the other axes. Pure.</summary>
public static class PivotTable
{
    /// <summary>Tables and, where there are several, what each is of; empty when the file asks for none.</summary>
    public static IEnumerable<Block> Of(StudyPlan plan, IReadOnlyList<GroupResult> groups)
    {
        if (plan.File.Report is not { } layout)
            yield break;
        var (rows, columns) = (IndexOf(plan, layout.Rows), IndexOf(plan, layout.Columns));
        var metric = plan.File.Metric;
        foreach (var table in groups.GroupBy(g => Others(plan, g, rows, columns)))
        {
            yield return new Paragraph($"{ReportTables.NameOf(metric)}{(table.Key.Length > 0 ? $" ({table.Key})" : "")}: {layout.Rows} downward, {layout.Columns} across.");
            yield return new Grid(
                [layout.Rows, .. plan.Axes[columns].Values.Select(v => v.Label)],
                [false, .. plan.Axes[columns].Values.Select(_ => true)],
                [.. plan.Axes[rows].Values.Select(row => (IReadOnlyList<string>)
                [
                    row.Label,
                    .. plan.Axes[columns].Values.Select(column => ReportTables.Value(
                        table.First(g => g.Group.Labels[rows] == row.Label && g.Group.Labels[columns] == column.Label).Spread(metric), metric)),
                ])]);
        }
    }

    private static int IndexOf(StudyPlan plan, string axis) => plan.Axes.TakeWhile(a => a.Name != axis).Count();

    private static string Others(StudyPlan plan, GroupResult group, int rows, int columns) =>
        string.Join(", ", plan.Axes.Select((axis, i) => i == rows || i == columns ? null : $"{axis.Name} {group.Group.Labels[i]}").OfType<string>());
}
