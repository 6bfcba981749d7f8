using ScottPlot;

namespace DyT.Cli.Summaries;

/// <summary>What a classifier takes for what.</summary>
public static class ConfusionPlot
{
    private const int MostNames = 40;

    /// <param name="counts">[true class, predicted class].</param>
    /// <param name="names">By class.</param>
    public static void Write(long[,] counts, IReadOnlyList<string> names, string title, string path)
    {
        var size = names.Count;
        var shares = new double[size, size];
        for (var row = 0; row < size; row++)
        {
            var total = Math.Max(1, Enumerable.Range(0, size).Sum(column => counts[row, column]));
            for (var column = 0; column < size; column++)
                shares[row, column] = (double)counts[row, column] / total;
        }

        using var plot = new Plot();
        plot.Font.Set(Fonts.Sans);
        plot.FigureBackground.Color = Colors.White;
        plot.Title(title, size: 18);
        plot.XLabel("predicted", size: 15);
        plot.YLabel("true", size: 15);
        var map = plot.Add.Heatmap(shares);
        map.Colormap = new ScottPlot.Colormaps.Blues().Reversed();
        plot.Add.ColorBar(map).Label = "share of the true class";
        if (size <= MostNames)
        {
            Tick[] Ticks(Func<int, int> place) => [.. Enumerable.Range(0, size).Select(i => new Tick(place(i), names[i]))];
            plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(Ticks(i => i));
            plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(Ticks(i => size - 1 - i)); // the first row is drawn on top
            plot.Axes.Bottom.TickLabelStyle.Rotation = -40;
            plot.Axes.Bottom.TickLabelStyle.Alignment = Alignment.MiddleRight;
            plot.Axes.Bottom.MinimumSize = 90;
            plot.Axes.Left.MinimumSize = 90;
            for (var row = 0; row < size; row++)
            {
                for (var column = 0; column < size; column++)
                {
                    var label = plot.Add.Text(counts[row, column].ToString(System.Globalization.CultureInfo.InvariantCulture), column, size - 1 - row);
                    label.LabelAlignment = Alignment.MiddleCenter;
                    label.LabelFontColor = shares[row, column] > 0.5 ? Colors.White : Colors.Black;
                    label.LabelFontSize = size <= 20 ? 12 : 8;
                }
            }
        }

        plot.SavePng(path, 1000, 860);
    }
}
