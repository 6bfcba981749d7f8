using DyT.Runs;
using ScottPlot;

namespace DyT.Cli.Summaries;

/// <summary>The sites and branches over the run, a line each: alphas and factors, 1 / rms of what enters a site, saturation.</summary>
public static class ScalarsPlot
{
    private const int MaxInLegend = 14;
    private const int Width = 1200;
    private const int Height = 430;

    private static readonly (string Label, Func<StepMetrics, IReadOnlyDictionary<string, double>?> Values)[] Panels =
    [
        ("alpha of a site, factor of a branch", s => s.Scalars),
        ("1 / rms of a site's input", s => s.Sites?.InverseRms),
        ("share of |alpha x| above 2", s => s.Sites?.Saturation),
    ];

    /// <returns>Whether there was anything to draw: a run has these at its evaluations.</returns>
    public static bool Write(IReadOnlyList<StepMetrics> steps, string title, string path)
    {
        var shown = Panels.Where(p => steps.Any(s => p.Values(s) is { Count: > 0 })).ToArray();
        if (shown.Length == 0)
            return false;
        var figure = new Multiplot();
        figure.AddPlots(shown.Length);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(shown.Length, 1);
        for (var i = 0; i < shown.Length; i++)
            Draw(figure.GetPlot(i), shown[i].Label, [.. steps.Where(s => shown[i].Values(s) is { Count: > 0 }).Select(s => (s.Step, shown[i].Values(s)!))]);
        figure.GetPlot(0).Title(title, size: 18);
        figure.SavePng(path, Width, Height * shown.Length);
        for (var i = 0; i < shown.Length; i++)
            figure.GetPlot(i).Dispose();
        return true;
    }

    private static void Draw(Plot plot, string label, (long Step, IReadOnlyDictionary<string, double> Values)[] logged)
    {
        plot.Font.Set(Fonts.Sans);
        plot.FigureBackground.Color = Colors.White;
        plot.XLabel("step", size: 15);
        plot.YLabel(label, size: 15);
        var names = logged[^1].Values.Keys.ToArray();
        var colours = new ScottPlot.Palettes.Category20();
        for (var i = 0; i < names.Length; i++)
        {
            var points = logged.Where(s => s.Values.TryGetValue(names[i], out var value) && double.IsFinite(value)).ToArray();
            var line = plot.Add.Scatter([.. points.Select(s => (double)s.Step)], points.Select(s => s.Values[names[i]]).ToArray());
            line.Color = colours.GetColor(i);
            line.LinePattern = names[i].EndsWith("_branch", StringComparison.Ordinal) ? LinePattern.Dashed : LinePattern.Solid;
            line.MarkerSize = 4;
            if (names.Length <= MaxInLegend || i % ((names.Length + MaxInLegend - 1) / MaxInLegend) == 0)
                line.LegendText = names[i];
        }

        plot.ShowLegend(Edge.Right);
    }
}
