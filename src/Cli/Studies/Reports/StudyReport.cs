using System.Globalization;
using DyT.Cli.Studies.Results;
using DyT.Cli.Studies.Statistics;

namespace DyT.Cli.Studies.Reports;

/// <summary>What a study's report says, in order; the same for HTML and Markdown.</summary>
public static class StudyReport
{
    /// <param name="prefix">Before the names of the figures' files.</param>
    public static IReadOnlyList<Block> Of(StudyPlan plan, StudyResults results, string prefix)
    {
        var groups = GroupResult.Of(plan, results.Cells);
        var report = new List<Block> { new Heading(1, plan.IsShort ? $"{results.Title} (short form)" : results.Title) };
        if (results.Question.Length > 0)
            report.Add(new Paragraph(results.Question));
        report.Add(new Paragraph(Setting(plan, results)));
        report.Add(new Heading(2, "Results"));
        report.Add(ReportTables.Quality(plan, groups));
        report.Add(new Paragraph("Mean ± sample standard deviation over the seeds, of the cells that came to their end." + (plan.Searches ? $" {SearchNote(plan, results)}" : "")));
        report.AddRange(PivotTable.Of(plan, groups));
        if (StudyPlots.Metric(plan, groups) is { } metric)
            report.Add(new Figure($"{prefix}metric.png", metric, $"{ReportTables.NameOf(results.Metric)}: mean over the seeds, bars one standard deviation."));
        if (StudyPlots.Curves(plan, groups) is { } curves)
            report.Add(new Figure($"{prefix}curves.png", curves, "Validation loss on the way: mean over the seeds, band one standard deviation."));
        if (results.Baseline is not null)
            Significance(report, plan, results, groups);
        if (ScalarPlot.Draw(groups) is { } scalars)
        {
            report.Add(new Heading(2, "Learned scalars"));
            report.Add(ScalarTable.Of(plan, groups));
            report.Add(new Figure($"{prefix}scalars.png", scalars, "Every site's alpha and every branch's scalar over the run, by group, of the first seed that came to its end; from the first block (dark) to the last (light)."));
        }

        report.Add(new Heading(2, "Time and memory"));
        report.Add(ReportTables.Cost(plan, groups));
        report.Add(new Paragraph(
            "A step's time is the median of a run's steps; evaluation, checkpoints and the first ten steps are left out." +
            (plan.File.Parallel > 1 ? string.Create(CultureInfo.InvariantCulture, $" {plan.File.Parallel} cells ran at once: times are those of a shared machine.") : "")));
        Broken(report, results);
        report.Add(new Heading(2, "How it was made"));
        report.Add(new Paragraph($"Machine: {results.Machine}."));
        report.Add(new Paragraph($"The whole: ./dyt study {plan.File.Source}{(plan.IsShort ? " --short" : "")}. Single cells, with the first seed ({string.Join(", ", plan.Seeds)} were used):"));
        report.Add(new Code(string.Join('\n', groups.Where(g => g.Cells.Count > 0).Select(g => g.Cells[0].Command))));
        return report;
    }

    private static string Setting(StudyPlan plan, StudyResults results)
    {
        var axes = string.Join("; ", plan.Axes.Select(a => $"{a.Name}: {string.Join(", ", a.Values.Select(v => v.Label))}"));
        var dates = results.Cells.Select(c => c.Ended).OfType<DateTimeOffset>().ToArray();
        var when = dates.Length == 0 ? "" : Day(dates.Min()) == Day(dates.Max()) ? $" Run on {Day(dates.Max())}." : $" Run from {Day(dates.Min())} to {Day(dates.Max())}.";
        var state = results.Cells.Count < results.Planned ? string.Create(CultureInfo.InvariantCulture, $" Not finished: {results.Cells.Count} of {results.Planned} cells.") : "";
        return $"{axes}{(axes.Length > 0 ? ". " : "")}Base: {results.Base}; seeds: {string.Join(", ", plan.Seeds)}.{when}{state}";
    }

    private static string SearchNote(StudyPlan plan, StudyResults results)
    {
        var rates = string.Join(", ", plan.SearchLr.Select(Views.Format.Scientific));
        var edge = results.Cells.Any(c => LearningRateSearch.IsAtEdge(plan.SearchLr, c.LearningRate)) ? " Some chosen ones are the smallest or the largest tried: a better one may lie beyond." : "";
        var steps = plan.Groups.SelectMany(plan.SearchCells).Select(c => c.Config.Train.Steps).ToArray();
        var range = steps.Min() == steps.Max() ? steps.Min().ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{steps.Min()} to {steps.Max()}");
        return string.Create(CultureInfo.InvariantCulture, $"Learning rate: the one of {rates} with the lowest validation loss after {range} steps with the first seed, taken for all seeds.{edge}");
    }

    private static void Significance(List<Block> report, StudyPlan plan, StudyResults results, IReadOnlyList<GroupResult> groups)
    {
        var grid = ReportTables.Significance(plan, groups);
        if (grid.Rows.Count == 0)
            return;
        report.Add(new Heading(2, $"Difference to {results.Baseline}"));
        report.Add(grid);
        report.Add(new Paragraph(plan.Seeds.Count < PairedBootstrap.MinPairs
            ? string.Create(CultureInfo.InvariantCulture, $"Paired by seed, {ReportTables.NameOf(results.Metric)}. n = {plan.Seeds.Count}: too few seeds to say anything of significance; differences within the seeds' spread mean nothing.")
            : string.Create(CultureInfo.InvariantCulture, $"Paired by seed, {ReportTables.NameOf(results.Metric)}; percentile bootstrap of the mean difference, two-sided. n is at most {plan.Seeds.Count}: with so few seeds the test is weak, the interval too narrow, and p cannot be small; no correction for the number of comparisons.")));
    }

    private static void Broken(List<Block> report, StudyResults results)
    {
        var broken = results.Cells.Concat(results.Searches).Where(c => !c.IsWhole).ToArray();
        if (broken.Length == 0)
            return;
        report.Add(new Heading(2, "Cells that did not come to their end"));
        report.Add(new Items([.. broken.Select(c => string.Create(CultureInfo.InvariantCulture, $"{c.Cell}: {Word(c)} after step {c.Steps}, best validation loss {Views.Format.Loss(c.BestValLoss)}{(c.Message is null ? "" : $" ({c.Message})")}"))]));
    }

    public static string Word(CellResult cell) => cell.Outcome switch
    {
        Runs.RunOutcome.Finished => "finished",
        Runs.RunOutcome.EarlyStopped => "stopped early",
        Runs.RunOutcome.Guarded => "diverged (stopped by the guard)",
        Runs.RunOutcome.Stopped => "interrupted",
        _ => "failed",
    };

    private static string Day(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
