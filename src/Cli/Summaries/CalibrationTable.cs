using System.Globalization;
using DyT.Cli.Views;
using DyT.Training.Calibration;
using Spectre.Console;

namespace DyT.Cli.Summaries;

/// <summary>What calibration measured and set, site by site.</summary>
public static class CalibrationTable
{
    public static Table Of(CalibrationReport report)
    {
        var table = new Table { Border = TableBorder.Rounded, Title = new TableTitle(string.Create(CultureInfo.InvariantCulture, $"kappa {report.Kappa}, {report.Batches} micro-batches")) };
        foreach (var column in (string[])["site or branch", "sigma", "alpha", "gamma, mean", "R^2", "|alpha x| > 2", "factor"])
            table.AddColumn(new TableColumn(column) { Alignment = column == "site or branch" ? Justify.Left : Justify.Right });
        foreach (var site in report.Sites)
            table.AddRow(Markup.Escape(site.Name), Number(site.Sigma), Number(site.Alpha), Number(site.Gamma), Number(site.RSquared), Format.Percent(site.Saturation), "");
        foreach (var branch in report.Branches)
            table.AddRow(Markup.Escape(branch.Name), Number(branch.BranchRms), "", "", "", "", Number(branch.Scale));
        return table;
    }

    private static string Number(double? value) => value is { } v ? v.ToString("0.####", CultureInfo.InvariantCulture) : "-";
}
