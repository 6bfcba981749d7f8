using System.Globalization;
using DyT.Cli.Commands;
using DyT.Cli.Studies;
using DyT.Cli.Studies.Progress;
using DyT.Cli.Studies.Reports;
using DyT.Cli.Studies.Results;
using DyT.Cli.Studies.Running;
using DyT.Cli.Views;
using DyT.Config;
using DyT.Config.Studies;
using DyT.Runs;
using DyT.Training.Session;
using Spectre.Console;

namespace DyT.Cli.Actions;

/// <summary><c>dyt study</c>: makes what is missing of a study's runs and reports on all of them.</summary>
internal static class StudyAction
{
    public static int Run(StudyOptions options, IAnsiConsole console)
    {
        Action<string> output = console.Profile.Out.Writer.WriteLine;
        var file = StudyReader.Read(options.File);
        var folder = Path.Combine(options.Output, StudyPlan.NameOf(file, options.Short));
        var plan = StudyPlan.Of(file, options.Short, Path.Combine(folder, "cells"));
        plan.Validate();
        if (options.DryRun)
            return Show(plan, output);
        using var alone = StudyLock.Take(folder);

        var searchCells = plan.Groups.SelectMany(plan.SearchCells).ToArray();
        var count = plan.Groups.Count * plan.Seeds.Count;
        output(string.Create(CultureInfo.InvariantCulture, $"{plan.Id}: {count} cells{(searchCells.Length > 0 ? $" and {searchCells.Length} runs to find learning rates" : "")}, in {folder}"));
        StudyView? view = null;
        using var runner = new StudyRunner(plan, Path.Combine(folder, "logs"), line => view?.Say(line));
        StudyCell[] all = [.. searchCells, .. plan.Groups.SelectMany(g => plan.Cells(g, null))];
        var progress = new StudyProgress(runner, all, TimeProvider.System);
        CellResult[] searches;
        IReadOnlyList<CellOutcome> outcomes = [];
        using (view = new StudyView(console, progress.Status))
        {
            void Tell(CellOutcome outcome, bool before) =>
                view.Say(Line(CellResult.Read(plan, outcome), progress.Done(outcome.Cell, before), all.Length, before, runner.IsStopping ? null : progress.Status().Left));
            searches = [.. runner.Run(searchCells, Tell).Select(o => CellResult.Read(plan, o))];
            var searched = plan.Groups.Where(g => GroupResult.IsSearched(plan, g, searches)); // the others wait for the next command
            // Seed by seed: a machine that becomes slower or faster in the meantime does so for all groups.
            var cellsOfGroups = searched.Select(g => plan.Cells(g, RateOf(plan, g, searches)).ToArray()).ToArray();
            if (!runner.IsStopping)
                outcomes = runner.Run([.. Enumerable.Range(0, plan.Seeds.Count).SelectMany(seed => cellsOfGroups.Select(cells => cells[seed]))], Tell);
        }

        CellResult[] cells = [.. outcomes.Select(o => CellResult.Read(plan, o))];
        var results = StudyResults.Of(plan, Machine.Describe(), searches, cells);
        StudyFiles.Write(plan, results, folder, runner.IsStopping ? null : options.Publish);
        output($"report: {Path.Combine(folder, "report.html")}");
        if (runner.IsStopping)
        {
            output("Stopped; the same command goes on.");
            return ErrorBoundary.Interrupted;
        }

        var failed = searches.Concat(cells).Count(c => !c.IsAtItsEnd);
        return failed == 0 ? 0 : throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"{folder}: {failed} of {count + searchCells.Length} runs failed or were stopped from outside; see its report and logs. The same command tries them again."));
    }

    private static double? RateOf(StudyPlan plan, StudyGroup group, IReadOnlyList<CellResult> searches)
    {
        if (!plan.Searches)
            return null;
        return LearningRateSearch.Choose([.. GroupResult.CellsOf(plan, group, searches).Select(s => (s.LearningRate, s.IsWhole ? s.FinalValLoss : null))]);
    }

    private static int Show(StudyPlan plan, Action<string> output)
    {
        StudyCell[] all = [.. plan.Groups.SelectMany(plan.SearchCells), .. plan.Groups.SelectMany(g => plan.Cells(g, null))];
        foreach (var cell in all)
            output($"{cell.Id}: {StudyCommandLine.Text(plan, cell)}");
        if (plan.Searches)
            output("(the cells of the grid with the learning rate that the runs before them find)");
        TorchSetup.Apply(threads: 1);
        output(StudyEstimate.Text(all, plan.File.Parallel, Environment.ProcessorCount, MachineRate.Measure()));
        return 0;
    }

    private static string Scores(IReadOnlyDictionary<string, double>? scores) =>
        scores is null ? "" : string.Concat(scores.Select(s => $", {s.Key} {ReportTables.Number(s.Value, s.Key)}"));

    /// <summary>One line per cell.</summary>
    private static string Line(CellResult result, int done, int total, bool before, TimeSpan? left) => string.Create(
        CultureInfo.InvariantCulture,
        $"[{done}/{total}] {result.Cell}: {StudyReport.Word(result)}{(before ? " before" : "")}, step {result.Steps}, validation loss best {Format.Loss(result.BestValLoss)} final {Format.Loss(result.FinalValLoss)}{Scores(result.Scores)}{(result.Message is null ? "" : $": {result.Message}")}{(done < total && left is not null ? $"; about {Format.Duration(left)} left" : "")}");
}
