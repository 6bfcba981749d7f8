using System.Globalization;
using DyT.Training.Insight;
using ScottPlot;

namespace DyT.Cli.Summaries;

/// <summary>Input against output of sites early, in the middle and late in the network, each with the tanh closest to it (as in arXiv 2503.10622, figure 2).</summary>
public static class SitePlot
{
    private const int Panels = 6;
    private const int PanelWidth = 480;
    private const int PanelHeight = 360;

    /// <returns>Whether there was anything to draw.</returns>
    public static bool Write(IReadOnlyList<SiteSamples> sites, string path)
    {
        if (sites.Count == 0)
            return false;
        // Evenly over the depth, the last one always.
        var shown = Math.Min(Panels, sites.Count);
        var chosen = Enumerable.Range(0, shown).Select(i => sites[shown == 1 ? 0 : i * (sites.Count - 1) / (shown - 1)]).ToArray();
        var all = new Multiplot();
        all.AddPlots(shown);
        for (var i = 0; i < shown; i++)
            Draw(all.GetPlot(i), chosen[i]);
        var columns = Math.Min(3, shown);
        var rows = (shown + columns - 1) / columns;
        all.Layout = new ScottPlot.MultiplotLayouts.Grid(rows, columns);
        all.SavePng(path, columns * PanelWidth, rows * PanelHeight);
        return true;
    }

    private static void Draw(Plot plot, SiteSamples site)
    {
        plot.Font.Set(Fonts.Sans);
        plot.FigureBackground.Color = Colors.White;
        plot.Title(site.Name, size: 13);
        plot.XLabel("input");
        plot.YLabel("output before gain and offset");
        var points = plot.Add.ScatterPoints(site.Inputs, site.Outputs);
        points.Color = Color.FromHex("#2c6fbb").WithOpacity(0.25);
        points.MarkerSize = 3;
        if (site.Inputs.Length < 3)
            return;
        var fit = TanhFit.To(site.Inputs, site.Outputs);
        var (low, high) = (site.Inputs.Min(), site.Inputs.Max());
        double[] x = [.. Enumerable.Range(0, 201).Select(i => low + (high - low) * i / 200)];
        var line = plot.Add.ScatterLine(x, [.. x.Select(fit.At)]);
        line.Color = Color.FromHex("#d1495b");
        line.LineWidth = 2;
        line.LegendText = string.Create(CultureInfo.InvariantCulture, $"tanh, alpha {fit.Alpha:0.###}, R^2 {fit.RSquared:0.000}");
        plot.ShowLegend(Alignment.UpperLeft);
    }
}
