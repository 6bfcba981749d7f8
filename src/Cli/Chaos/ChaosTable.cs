using System.Globalization;
using DyT.Cli.Views;
using DyT.Config;
using Spectre.Console;

namespace DyT.Cli.Chaos;

/// <summary>The tables that end <c>dyt chaos</c>.</summary>
public static class ChaosTable
{
    /// <summary>Both tables.</summary>
    public static void Write(ChaosReport report, IAnsiConsole console)
    {
        console.Write(OfKinds(report));
        console.Write(OfVerdict(report));
    }

    /// <summary>What the faults cost, by kind.</summary>
    public static Table OfKinds(ChaosReport report)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("fault");
        foreach (var column in (string[])["injected", "median s", "worst s", "steps redone", "not recovered"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (var kind in report.ByKind)
        {
            table.AddRow(
                FaultKindNames.Name(kind.Kind), Number(kind.Count), Seconds(kind.MedianSeconds), Seconds(kind.WorstSeconds), Number(kind.StepsRedone), Number(kind.Unrecovered));
        }

        table.AddRow(
            "all", Number(report.Faults.Count), Seconds(report.MedianRecoverySeconds), Seconds(report.WorstRecoverySeconds), Number(report.StepsRedone),
            Number(report.Faults.Count(fault => fault.RecoverySeconds is null)));
        return table;
    }

    /// <summary>Whether the run is what it would have been without the faults.</summary>
    public static Table OfVerdict(ChaosReport report)
    {
        var table = new Table { Border = TableBorder.Rounded, ShowHeaders = false };
        table.AddColumn("what").AddColumn("value");
        void Row(string name, string value) => table.AddRow(Markup.Escape(name), Markup.Escape(value));

        Row("run", $"{report.Run}, {(report.Finished ? "finished" : "not finished")}");
        Row("faults", string.Create(CultureInfo.InvariantCulture, $"{report.Faults.Count} of {report.Planned} injected (chaos.seed {report.Seed})"));
        Row("wall time", Format.Duration(TimeSpan.FromSeconds(report.WallSeconds)) + (report.UndisturbedSeconds is { } calm ? $" ({Format.Duration(TimeSpan.FromSeconds(calm))} undisturbed)" : ""));
        Row("goodput", Format.Percent(report.Goodput));
        Row("weights", Weights(report));
        Row("ledger", report.Ledger.Sentence);
        Row("verdict", report.Passed ? "passed" : "FAILED");
        return table;
    }

    private static string Weights(ChaosReport report) => report switch
    {
        { Hash: null } => "none were written",
        { UndisturbedHash: null } => $"{report.Hash} (nothing to compare with)",
        { SameWeights: true } => $"the same as undisturbed: {report.Hash}",
        _ => $"DIFFERENT from undisturbed: {report.Hash}, not {report.UndisturbedHash}",
    };

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Seconds(double? value) => value?.ToString("0.00", CultureInfo.InvariantCulture) ?? "-";
}
