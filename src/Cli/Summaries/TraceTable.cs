using System.Globalization;
using DyT.Runs.Tracing;
using Spectre.Console;

namespace DyT.Cli.Summaries;

/// <summary>What the workers' managed memory cost (<c>--profile</c>): allocations and the collector's pauses.</summary>
internal static class TraceTable
{
    public static Table Of(TraceSummary trace)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("managed memory");
        foreach (var column in (string[])["steps traced", "training thread, KB per step (median)", "process", "pauses", "longest, ms", "paused, ms per step"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var worker in trace.Workers)
        {
            var steps = Math.Max(1, worker.Steps);
            table.AddRow(
                Markup.Escape(worker.Name),
                Text(worker.Steps, "0"),
                Text(worker.AllocatedBytes / 1e3, "0.0"),
                Text(worker.ProcessAllocatedBytes / 1e3, "0.0"),
                Text(worker.Pauses, "0"),
                Text(worker.LongestPauseMs, "0.00"),
                Text(worker.PauseMs / steps, "0.000"));
        }

        return table;
    }

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
