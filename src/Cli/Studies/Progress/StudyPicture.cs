using System.Globalization;
using DyT.Cli.Views;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DyT.Cli.Studies.Progress;

/// <summary>The live view's picture of a study: a line for each running cell, and one for the whole. Pure.</summary>
public static class StudyPicture
{
    private const int ShownCells = 16;

    public static IRenderable Render(StudyStatus status, int width)
    {
        var bar = Math.Clamp(width - 80, 8, 30);
        var rows = status.Running.Take(ShownCells).Select(cell => (IRenderable)new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"{Bar(cell.Steps > 0 ? (double)cell.Step / cell.Steps : 0, bar)} {Markup.Escape(cell.Cell)} {(cell.Step == 0 ? "[grey]starting[/]" : $"{cell.Step}/{cell.Steps}  loss {Format.Loss(cell.Loss)}  [grey]{Format.Duration(cell.Left)} left[/]")}"))).ToList();
        if (status.Running.Count > ShownCells)
            rows.Add(new Markup(string.Create(CultureInfo.InvariantCulture, $"[grey]and {status.Running.Count - ShownCells} more[/]")));
        rows.Add(new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"{Bar(status.Total > 0 ? (double)status.Done / status.Total : 1, bar)} [bold]{status.Done} of {status.Total} cells[/]  [grey]{Format.Duration(status.Elapsed)} gone, {(status.Left is null ? "-" : $"about {Format.Duration(status.Left)}")} left[/]")));
        return new Rows(rows);
    }

    private static string Bar(double share, int width)
    {
        var full = (int)Math.Round(Math.Clamp(share, 0, 1) * width);
        return $"[green]{new string('━', full)}[/][grey]{new string('━', width - full)}[/]";
    }
}
