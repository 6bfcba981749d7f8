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
            table.AddRow(Markup.Escape(site.Name), Format.Number(site.Sigma), Format.Number(site.Alpha), Format.Number(site.Gamma), Format.Number(site.RSquared), Format.Percent(site.Saturation), "");
        foreach (var branch in report.Branches)
            table.AddRow(Markup.Escape(branch.Name), Format.Number(branch.BranchRms), "", "", "", "", Format.Number(branch.Scale));
        return table;
    }
}
