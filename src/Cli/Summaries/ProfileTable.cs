using System.Globalization;
using DyT.Cli.Views;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Summaries;

/// <summary>Where the steps' time went (<c>--profile</c>): the phases of rank 0, and what none of them covers.</summary>
public static class ProfileTable
{
    /// <summary>Phases with their seconds, in the order of a step; they sum to <paramref name="stepSeconds"/> unless the phases alone exceed it.</summary>
    public static IReadOnlyList<(string Phase, double Seconds)> Phases(StepTimes times, double stepSeconds)
    {
        var known = times.Data + times.Forward + times.Backward + times.Reduce + times.Optimizer;
        return
        [
            ("data", times.Data),
            ("forward", times.Forward),
            ("backward", times.Backward),
            ("reduce", times.Reduce),
            ("optimizer", times.Optimizer),
            ("other", Math.Max(0, stepSeconds - known)),
        ];
    }

    /// <summary>How long reductions and gathers over the workers took and how much of that computing hid; null for one worker.</summary>
    public static string? Communication(StepTimes times, long steps) => times.Communication > 0
        ? string.Create(CultureInfo.InvariantCulture, $"communication {times.Communication / steps * 1000:0.00} ms, {Format.Percent(times.Hidden / times.Communication)} hidden")
        : null;

    public static Table Of(TrainProgress progress)
    {
        var table = new Table { Border = TableBorder.Rounded };
        table.AddColumn("phase (rank 0)");
        table.AddColumn(new TableColumn("ms per step").RightAligned());
        table.AddColumn(new TableColumn("share").RightAligned());
        var steps = Math.Max(1, progress.Step - (progress.ResumedAt ?? progress.Step));
        var phases = Phases(progress.Times, progress.StepSeconds);
        var total = phases.Sum(phase => phase.Seconds);
        foreach (var (phase, seconds) in phases.Append(("step", total)))
        {
            table.AddRow(
                phase,
                (seconds / steps * 1000).ToString("0.00", CultureInfo.InvariantCulture),
                Format.Percent(total > 0 ? seconds / total : 0));
        }

        if (Communication(progress.Times, steps) is { } communication)
            table.Caption = new TableTitle(communication);
        return table;
    }
}
