using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Studies;
using DyT.Cli.Studies.Reports;
using DyT.Cli.Studies.Results;
using DyT.Cli.Studies.Running;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Config.Studies;

namespace DyT.Cli.Actions;

/// <summary><c>dyt study</c>: makes what is missing of a study's runs and reports on all of them.</summary>
internal static class StudyAction
{
    public static int Run(StudyOptions options, Action<string> output)
    {
        var file = StudyReader.Read(options.File);
        var folder = Path.Combine(options.Output, StudyPlan.NameOf(file, options.Short));
        var plan = StudyPlan.Of(file, options.Short, Path.Combine(folder, "cells"));
        plan.Validate();
        if (options.DryRun)
            return Show(plan, output);

        var searchCells = plan.Groups.SelectMany(plan.SearchCells).ToArray();
        var count = plan.Groups.Count * plan.Seeds.Count;
        output(string.Create(CultureInfo.InvariantCulture, $"{plan.Id}: {count} cells{(searchCells.Length > 0 ? $" and {searchCells.Length} runs to find learning rates" : "")}, in {folder}"));
        using var runner = new StudyRunner(plan, Path.Combine(folder, "logs"), output);
        var progress = new Progress(plan, searchCells.Length + count, output);
        var searches = runner.Run(searchCells, progress.Tell).Select(o => CellResult.Read(plan, o)).ToArray();
        CellOutcome[] outcomes = [];
        if (!runner.IsStopping)
            outcomes = [.. runner.Run([.. plan.Groups.SelectMany(g => plan.Cells(g, RateOf(plan, g, searches)))], progress.Tell)];
        var results = StudyResults.Of(plan, Machine.Describe(), searches, [.. outcomes.Select(o => CellResult.Read(plan, o))]);
        StudyFiles.Write(plan, results, folder, options.Publish);
        output($"report: {Path.Combine(folder, "report.html")}");
        if (runner.IsStopping)
        {
            output("Stopped; the same command goes on.");
            return ErrorBoundary.Interrupted;
        }

        var failed = outcomes.Count(o => o.Outcome == Runs.RunOutcome.Failed);
        return failed == 0 ? 0 : throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"{folder}: {failed} of {count} cells failed; see its report and logs. The same command tries them again."));
    }

    private static double? RateOf(StudyPlan plan, StudyGroup group, IReadOnlyList<CellResult> searches)
    {
        if (!plan.Searches)
            return null;
        var names = plan.SearchCells(group).Select(c => c.Id).ToHashSet();
        return LearningRateSearch.Choose([.. searches.Where(s => names.Contains(s.Cell)).Select(s => (s.LearningRate, s.IsWhole ? s.FinalValLoss : null))]);
    }

    private static int Show(StudyPlan plan, Action<string> output)
    {
        foreach (var cell in plan.Groups.SelectMany(plan.SearchCells).Concat(plan.Groups.SelectMany(g => plan.Cells(g, null))))
            output($"{cell.Id}: {StudyCommandLine.Text(plan, cell)}");
        if (plan.Searches)
            output("(the cells of the grid with the learning rate that the runs before them find)");
        return 0;
    }

    /// <summary>One line per cell.</summary>
    private sealed class Progress(StudyPlan plan, int total, Action<string> output)
    {
        private int _done;

        public void Tell(CellOutcome outcome, bool before)
        {
            _done++;
            var result = CellResult.Read(plan, outcome);
            output(string.Create(
                CultureInfo.InvariantCulture,
                $"[{_done}/{total}] {result.Cell}: {StudyReport.Word(result)}{(before ? " before" : "")}, step {result.Steps}, validation loss best {Format.Loss(result.BestValLoss)} final {Format.Loss(result.FinalValLoss)}{Format.Scores(result.Scores, ", ")}{(result.Message is null ? "" : $": {result.Message}")}"));
        }
    }
}
