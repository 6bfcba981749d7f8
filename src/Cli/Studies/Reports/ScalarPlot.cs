using DyT.Cli.Studies.Results;
using ScottPlot;

namespace DyT.Cli.Studies.Reports;

/// <summary>Alphas and branch scalars over the run as a PNG: a panel for each group that has any, a line for each scalar.</summary>
public static class ScalarPlot
{
    private static readonly Color First = Color.FromHex("#173a63");
    private static readonly Color Last = Color.FromHex("#8fc1f0");

    /// <summary>Null where there is nothing to draw.</summary>
    public static byte[]? Draw(IReadOnlyList<GroupResult> groups)
    {
        // Of several seeds one: their mean would show alphas that no run had.
        var shown = groups.Select(g => (Group: g, Cell: g.Whole.FirstOrDefault(c => c.ScalarCurve.Count > 1))).Where(p => p.Cell is not null).ToArray();
        if (shown.Length == 0)
            return null;
        return StudyPlots.Panels(shown.GroupBy(p => p.Group.Label, p => p.Cell!), (plot, cells) =>
        {
            var curve = cells.First().ScalarCurve;
            string[] names = [.. curve[^1].Values.Keys];
            for (var i = 0; i < names.Length; i++)
            {
                var points = curve.Where(p => p.Values.TryGetValue(names[i], out var value) && double.IsFinite(value)).ToArray();
                var line = plot.Add.ScatterLine(points.Select(p => (double)p.Step).ToArray(), points.Select(p => p.Values[names[i]]).ToArray());
                line.Color = First.MixedWith(Last, names.Length == 1 ? 0 : (double)i / (names.Length - 1));
                line.LineWidth = 1.5f;
            }

            plot.XLabel("step", size: 14);
            plot.YLabel("scalar", size: 14);
        }, Alignment.UpperRight);
    }
}
