using DyT.Cli.Views;
using DyT.Runs;
using ScottPlot;

namespace DyT.Cli.Summaries;

/// <summary>The loss curve as a picture: every step light, their centred mean dark, evaluations as points.</summary>
public static class LossPlot
{
    private const int Width = 1000;
    private const int Height = 600;

    /// <summary>Points of a drawn line; more would only be drawn over each other.</summary>
    private const int MaxPoints = 4000;

    private static readonly Color Train = Color.FromHex("#2c6fbb");
    private static readonly Color Validation = Color.FromHex("#d1495b");
    private static readonly Color Ink = Color.FromHex("#333333");

    /// <summary>Writes a PNG of the steps' losses; nothing when there are none.</summary>
    /// <returns>Whether there was anything to draw.</returns>
    public static bool Write(IReadOnlyList<StepMetrics> steps, string title, string path)
    {
        var drawn = steps.Where(step => double.IsFinite(step.Loss)).ToArray();
        if (drawn.Length == 0)
            return false;

        using var plot = new Plot();
        plot.Font.Set(Fonts.Sans);
        plot.FigureBackground.Color = Colors.White;
        plot.Axes.Color(Ink);
        plot.Grid.MajorLineColor = Ink.WithOpacity(0.08);
        plot.Title(title, size: 18);
        plot.XLabel("step", size: 15);
        plot.YLabel("loss (nats per token)", size: 15);

        Line(plot, Thin(drawn, step => step.Loss), Train.WithOpacity(0.25), 1, "training");
        Line(plot, Thin(Smooth(drawn), point => point.Loss, point => point.Step), Train, 2.5f, "training, smoothed");

        var evaluations = drawn.Where(step => step.ValLoss is { } val && double.IsFinite(val)).ToArray();
        if (evaluations.Length > 0)
        {
            var points = plot.Add.Scatter([.. evaluations.Select(e => (double)e.Step)], evaluations.Select(e => e.ValLoss!.Value).ToArray());
            points.Color = Validation;
            points.LineWidth = 1.5f;
            points.MarkerSize = 7;
            var best = evaluations.MinBy(e => e.ValLoss)!;
            points.LegendText = $"validation (best {Format.Loss(best.ValLoss)})";
        }

        plot.Legend.FontSize = 14;
        plot.Legend.OutlineColor = Ink.WithOpacity(0.2);
        plot.Legend.ShadowColor = Colors.Transparent;
        plot.ShowLegend(Alignment.UpperRight);
        plot.Axes.SetLimitsX(0, drawn[^1].Step * 1.02);
        plot.SavePng(path, Width, Height);
        return true;
    }

    // A centred mean over about 2% of the curve: unlike a running one it does not lag behind the fall it shows. The window shrinks
    // towards both ends, so that it stays centred there.
    private static List<(long Step, double Loss)> Smooth(StepMetrics[] steps)
    {
        var sums = new double[steps.Length + 1];
        for (var i = 0; i < steps.Length; i++)
            sums[i + 1] = sums[i] + steps[i].Loss;
        var half = Math.Max(2, steps.Length / 100);
        var smooth = new List<(long, double)>(steps.Length);
        for (var i = 0; i < steps.Length; i++)
        {
            var reach = Math.Min(half, Math.Min(i, steps.Length - 1 - i));
            smooth.Add((steps[i].Step, (sums[i + reach + 1] - sums[i - reach]) / (2 * reach + 1)));
        }

        return smooth;
    }

    private static (double[] X, double[] Y) Thin(StepMetrics[] steps, Func<StepMetrics, double> y) => Thin(steps, y, step => step.Step);

    private static (double[] X, double[] Y) Thin<T>(IReadOnlyList<T> points, Func<T, double> y, Func<T, long> x)
    {
        var stride = (points.Count + MaxPoints - 1) / MaxPoints;
        var kept = Enumerable.Range(0, points.Count).Where(i => i % stride == 0 || i == points.Count - 1).Select(i => points[i]).ToArray();
        return ([.. kept.Select(point => (double)x(point))], [.. kept.Select(y)]);
    }

    private static void Line(Plot plot, (double[] X, double[] Y) points, Color color, float width, string legend)
    {
        var line = plot.Add.ScatterLine(points.X, points.Y);
        line.Color = color;
        line.LineWidth = width;
        line.LegendText = legend;
    }
}
