namespace DyT.Cli.Views;

/// <summary>A curve in one line of text.</summary>
public static class Sparkline
{
    private const string Bars = "▁▂▃▄▅▆▇█";

    /// <summary>At most <paramref name="width"/> characters, from the lowest bar (the least value) to the highest.</summary>
    public static string Of(IReadOnlyList<double> values, int width)
    {
        if (values.Count == 0 || width <= 0)
            return "";
        var columns = Math.Min(width, values.Count);
        var means = Enumerable.Range(0, columns).Select(column => Mean(values, column, columns)).ToArray();
        var (low, high) = (means.Min(), means.Max());
        var span = high - low;
        return string.Concat(means.Select(mean => Bars[span > 0 ? (int)Math.Min(Bars.Length - 1, (mean - low) / span * Bars.Length) : 0]));
    }

    private static double Mean(IReadOnlyList<double> values, int column, int columns)
    {
        var from = (int)((long)column * values.Count / columns);
        var to = (int)((long)(column + 1) * values.Count / columns);
        var sum = 0.0;
        for (var i = from; i < to; i++)
            sum += values[i];
        return sum / (to - from);
    }
}
