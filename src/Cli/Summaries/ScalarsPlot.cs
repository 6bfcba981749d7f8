using DyT.Runs;
using ScottPlot;

namespace DyT.Cli.Summaries;

/// <summary>The sites' alphas and the branches' factors over the run, a line each.</summary>
public static class ScalarsPlot
{
    private const int MaxInLegend = 14;

    /// <returns>Whether there was anything to draw: a run has scalars at its evaluations, if at all.</returns>
    public static bool Write(IReadOnlyList<StepMetrics> steps, string title, string path)
    {
        var logged = steps.Where(s => s.Scalars is { Count: > 0 }).ToArray();
        if (logged.Length == 0)
            return false;
        using var plot = new Plot();
        plot.Font.Set(Fonts.Sans);
        plot.FigureBackground.Color = Colors.White;
        plot.Title(title, size: 18);
        plot.XLabel("step", size: 15);
        plot.YLabel("alpha of a site, factor of a branch", size: 15);
        var names = logged[^1].Scalars!.Keys.ToArray();
        var colours = new ScottPlot.Palettes.Category20();
        for (var i = 0; i < names.Length; i++)
        {
            var points = logged.Where(s => s.Scalars!.ContainsKey(names[i])).ToArray();
            var line = plot.Add.Scatter([.. points.Select(s => (double)s.Step)], points.Select(s => s.Scalars![names[i]]).ToArray());
            line.Color = colours.GetColor(i);
            line.LinePattern = names[i].EndsWith("_branch", StringComparison.Ordinal) ? LinePattern.Dashed : LinePattern.Solid;
            line.MarkerSize = 4;
            if (names.Length <= MaxInLegend || i % ((names.Length + MaxInLegend - 1) / MaxInLegend) == 0)
                line.LegendText = names[i];
        }

        plot.ShowLegend(Edge.Right);
        plot.SavePng(path, 1200, 650);
        return true;
    }
}
