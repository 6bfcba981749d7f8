using System.Globalization;
using DyT.Cli.Studies.Results;

namespace DyT.Cli.Studies.Reports;

/// <summary>Where the learned scalars started and ended, a row per group that has any; all seeds together. Pure.</summary>
public static class ScalarTable
{
    public static Grid Of(StudyPlan plan, IReadOnlyList<GroupResult> groups) => new(
        [.. plan.Axes.Select(a => a.Name), "scalars", "at the first evaluation: least", "mean", "largest", "at the last: least", "mean", "largest"],
        [.. plan.Axes.Select(_ => false), true, true, true, true, true, true, true],
        [.. groups.Select(g => (Group: g, Ends: g.Whole.SelectMany(c => c.Scalars?.Values ?? []).ToArray())).Where(x => x.Ends.Length > 0).Select(x => (IReadOnlyList<string>)
        [
            .. x.Group.Group.Labels,
            x.Group.Whole.First(c => c.Scalars is not null).Scalars!.Count.ToString(CultureInfo.InvariantCulture),
            .. Range([.. x.Ends.Select(e => e.First)]),
            .. Range([.. x.Ends.Select(e => e.Last)]),
        ])]);

    private static string[] Range(double[] values) =>
        [.. new[] { values.Min(), values.Average(), values.Max() }.Select(v => v.ToString("0.000", CultureInfo.InvariantCulture))];
}
