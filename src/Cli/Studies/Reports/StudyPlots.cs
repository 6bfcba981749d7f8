using DyT.Cli.Studies.Results;
using DyT.Cli.Studies.Statistics;
using DyT.Config.Studies;
using ScottPlot;

namespace DyT.Cli.Studies.Reports;

/// <summary>The figures of a study's report, as PNGs: a colour per value of the first axis, in the same order everywhere.</summary>
public static class StudyPlots
{
    private const int MaxPanels = 60; // more would not fit into an image

    private static readonly Color Ink = Color.FromHex("#333333");
    private static readonly Color[] Palette = [.. new[] { "#2c6fbb", "#d1495b", "#3a8f5c", "#e08e2b", "#7b5ea7", "#2a9d9d", "#8c6d46", "#6b7280" }.Select(Color.FromHex)];
    private static readonly LinePattern[] Patterns = [LinePattern.Solid, LinePattern.Dashed, LinePattern.Dotted];

    /// <summary>Validation loss over the run, a panel for each combination of the axes after the first; null where there is nothing to draw.</summary>
    public static byte[]? Curves(StudyPlan plan, IReadOnlyList<GroupResult> groups)
    {
        // Over tokens where a step is not as many tokens in all groups.
        var overTokens = groups.SelectMany(g => g.Cells).SelectMany(c => c.Curve.Take(1)).Select(s => s.Tokens / Math.Max(1, s.Step)).Distinct().Count() > 1;
        var curves = groups.Select(g => (Group: g, Points: MeanCurve.Of([.. g.Whole.Select(c => (IReadOnlyList<(double, double)>)[.. c.Curve.Select(s => (overTokens ? (double)s.Tokens : s.Step, s.Loss))])])))
            .Where(c => c.Points.Count > 1)
            .ToArray();
        if (curves.Length == 0)
            return null;
        var all = curves.SelectMany(c => c.Points).Select(p => p.Mean).Order().ToArray();
        // The first evaluations are high and would press the rest together.
        var (low, high) = (all[0], all[(int)(0.93 * (all.Length - 1))]);
        var margin = Math.Max(1e-3, 0.08 * (high - low));
        return Panels(curves.GroupBy(c => Panel(plan, c.Group, 1)), (plot, panel) =>
        {
            foreach (var (group, points) in panel)
            {
                var color = ColorOf(plan, group);
                var x = points.Select(p => p.X).ToArray();
                if (points.Any(p => p.Deviation > 0))
                {
                    var band = plot.Add.FillY(x, [.. points.Select(p => p.Mean - p.Deviation)], [.. points.Select(p => p.Mean + p.Deviation)]);
                    band.FillColor = color.WithOpacity(0.18);
                    band.LineWidth = 0;
                    band.MarkerSize = 0;
                }

                var line = plot.Add.Scatter(x, points.Select(p => p.Mean).ToArray());
                line.Color = color;
                line.LinePattern = PatternOf(plan, group);
                line.LineWidth = 2.5f;
                line.MarkerSize = points.Count > 40 ? 0 : 5;
                line.LegendText = NameOf(plan, group);
            }

            plot.XLabel(overTokens ? "tokens" : "step", size: 14);
            plot.YLabel("validation loss", size: 14);
            plot.Axes.SetLimitsY(low - margin, high + margin);
        }, Alignment.UpperRight);
    }

    /// <summary>The study's metric over the second axis (over the first where there is one alone), a panel for each combination of the later ones; null where there is nothing to draw.</summary>
    public static byte[]? Metric(StudyPlan plan, IReadOnlyList<GroupResult> groups)
    {
        var metric = plan.File.Metric;
        if (plan.Axes.Count == 0 || groups.All(g => g.Spread(metric) is null))
            return null;
        var over = plan.Axes[Math.Min(1, plan.Axes.Count - 1)];
        var axis = Math.Min(1, plan.Axes.Count - 1);
        var scale = metric switch { "step_seconds" => 1000, "peak_resident_bytes" => 1.0 / (1 << 20), _ => 1.0 };
        return Panels(groups.Where(g => g.Spread(metric) is not null).GroupBy(g => Panel(plan, g, 2)), (plot, panel) =>
        {
            var lines = panel.GroupBy(g => g.Group.Labels[0]).ToArray();
            for (var i = 0; i < lines.Length; i++)
            {
                var first = lines[i].First();
                // Side by side, so that bars do not hide each other.
                var shift = axis == 0 ? 0 : (i - (lines.Length - 1) / 2.0) * 0.06;
                var points = lines[i].Select(g => (X: IndexOf(over, g.Group.Labels[axis]) + shift, Spread: g.Spread(metric)!)).ToArray();
                var x = points.Select(p => p.X).ToArray();
                var y = points.Select(p => p.Spread.Mean * scale).ToArray();
                var color = ColorOf(plan, first);
                if (points.Any(p => p.Spread.Deviation > 0))
                {
                    var bars = plot.Add.ErrorBar(x, y, points.Select(p => (p.Spread.Deviation ?? 0) * scale).ToArray());
                    bars.Color = color;
                    bars.LineWidth = 1.5f;
                }

                var line = plot.Add.Scatter(x, y);
                line.Color = color;
                line.LineWidth = axis == 0 ? 0 : 2;
                line.LinePattern = PatternOf(plan, first);
                line.MarkerSize = 8;
                if (axis > 0)
                    line.LegendText = NameOf(plan, first);
            }

            plot.Axes.Bottom.SetTicks([.. Enumerable.Range(0, over.Values.Count).Select(i => (double)i)], [.. over.Values.Select(v => v.Label)]);
            plot.Axes.SetLimitsX(-0.5, over.Values.Count - 0.5);
            plot.XLabel(over.Name, size: 14);
            plot.YLabel(metric == "peak_resident_bytes" ? "peak memory (MiB)" : ReportTables.NameOf(metric), size: 14);
        }, Alignment.UpperLeft);
    }

    internal static byte[] Panels<T>(IEnumerable<IGrouping<string, T>> panels, Action<Plot, IEnumerable<T>> draw, Alignment legend)
    {
        var shown = panels.Take(MaxPanels).ToArray();
        var columns = Math.Min(3, shown.Length);
        var rows = (shown.Length + columns - 1) / columns;
        var figure = new Multiplot();
        figure.AddPlots(shown.Length);
        figure.Layout = new ScottPlot.MultiplotLayouts.Grid(rows, columns);
        for (var i = 0; i < shown.Length; i++)
        {
            var plot = figure.GetPlot(i);
            plot.Font.Set(Fonts.Sans);
            plot.FigureBackground.Color = Colors.White;
            plot.Axes.Color(Ink);
            plot.Grid.MajorLineColor = Ink.WithOpacity(0.08);
            draw(plot, shown[i]);
            if (shown[i].Key.Length > 0)
                plot.Title(shown[i].Key, size: 15);
            plot.Legend.FontSize = 13;
            plot.Legend.OutlineColor = Ink.WithOpacity(0.2);
            plot.Legend.ShadowColor = Colors.Transparent;
            if (i == 0 && plot.Legend.GetItems().Length > 0)
                plot.ShowLegend(legend);
            else
                plot.HideLegend();
        }

        var (width, height) = columns == 1 ? (900, 540) : (520 * columns, 380 * rows);
        var png = figure.Render(width, height).GetImageBytes(ImageFormat.Png);
        for (var i = 0; i < shown.Length; i++)
            figure.GetPlot(i).Dispose();
        return png;
    }

    private static string Panel(StudyPlan plan, GroupResult group, int from) =>
        string.Join(", ", plan.Axes.Zip(group.Group.Labels).Skip(from).Select(p => $"{p.First.Name} {p.Second}"));

    private static int IndexOf(StudyAxis axis, string label) => axis.Values.TakeWhile(v => v.Label != label).Count();

    private static int First(StudyPlan plan, GroupResult group) => plan.Axes.Count == 0 ? 0 : IndexOf(plan.Axes[0], group.Group.Labels[0]);

    private static Color ColorOf(StudyPlan plan, GroupResult group) => Palette[First(plan, group) % Palette.Length];

    private static LinePattern PatternOf(StudyPlan plan, GroupResult group) => Patterns[First(plan, group) / Palette.Length % Patterns.Length];

    private static string NameOf(StudyPlan plan, GroupResult group) => plan.Axes.Count == 0 ? "all" : group.Group.Labels[0];
}
