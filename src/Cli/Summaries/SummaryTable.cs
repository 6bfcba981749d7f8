using System.Globalization;
using DyT.Cli.Views;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Summaries;

/// <summary>The table that ends <c>dyt train</c>.</summary>
public static class SummaryTable
{
    public static Table Of(RunSummary summary, RunFolder run)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("what").AddColumn("value");
        void Row(string name, string? value)
        {
            if (value is not null)
                table.AddRow(Markup.Escape(name), Markup.Escape(value));
        }

        Row("steps", string.Create(CultureInfo.InvariantCulture, $"{summary.Steps} of {summary.TotalSteps}"));
        Row("training loss (smoothed)", Optional(summary.TrainLoss, v => Format.Loss(v)));
        Row("validation loss, best", Optional(summary.BestValLoss, v => string.Create(CultureInfo.InvariantCulture, $"{Format.Loss(v)} at step {summary.BestValStep}")));
        Row("validation loss, final", Optional(summary.FinalValLoss, v => Format.Loss(v)));
        foreach (var (name, share) in summary.FinalScores ?? new Dictionary<string, double>())
            Row($"{name}, final", Format.Percent(share));
        Row("perplexity, final", Optional(summary.Perplexity, v => v.ToString("0.000", CultureInfo.InvariantCulture)));
        Row("bits per byte, final", Optional(summary.BitsPerByte, v => v.ToString("0.0000", CultureInfo.InvariantCulture)));
        Row("tokens/s", Optional(summary.TokensPerSecond, Format.Count));
        Row("MFU", Optional(summary.Mfu, v => Format.Percent(v)));
        Row("peak memory of a worker", Optional(summary.PeakResidentBytes, Format.Bytes));
        Row("wall time", Format.Duration(TimeSpan.FromSeconds(summary.WallSeconds)));
        Row("generations", summary.Generations > 1 ? summary.Generations.ToString(CultureInfo.InvariantCulture) : null);
        Row("run", run.Path);
        Row("checkpoint", summary.Checkpoint);
        Row("loss curve", File.Exists(run.LossPlot) ? run.LossPlot : null);
        return table;
    }

    private static string? Optional(double? value, Func<double, string> format) => value is { } v ? format(v) : null;
}
