using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace DyT.Cli.Views;

/// <summary>The live view's picture of a state. Pure.</summary>
public static class LiveLayout
{
    private const int ShownWorkers = 16;

    public static IRenderable Render(RunHeader header, TrainProgress p, IReadOnlyList<string> lastLines, TimeSpan elapsed, int width)
    {
        var rows = new List<IRenderable>
        {
            new Markup($"[bold]{Markup.Escape(header.Run)}[/]  [grey]{Markup.Escape(header.Model)} · {Markup.Escape(header.Device)}[/]"),
            ProgressLine(p, elapsed, width),
            Numbers(p),
        };
        if (p.History.Points.Count > 1)
            rows.Add(new Markup($"[grey]loss[/] [aqua]{Sparkline.Of(p.History.Points, Math.Clamp(width - 6, 8, 100))}[/]"));
        if (p.Workers.Count > 0)
            rows.Add(Workers(p));
        if (p.Workers.Count > ShownWorkers)
            rows.Add(new Markup(string.Create(CultureInfo.InvariantCulture, $"[grey]and {p.Workers.Count - ShownWorkers} more[/]")));
        if (p.Transfer is { } t)
            rows.Add(new Markup($"[grey]state of {Markup.Escape(t.Worker)}[/] {Format.Bytes(t.DoneBytes)} of {Format.Bytes(t.TotalBytes)}"));
        rows.AddRange(p.Notices.TakeLast(3).Select(notice => new Markup($"[yellow]•[/] {Markup.Escape(notice)}")));
        rows.AddRange(lastLines.Select(line => new Text(line, new Style(Color.Grey)) { Overflow = Overflow.Ellipsis }));
        return new Rows(rows);
    }

    private static Markup ProgressLine(TrainProgress p, TimeSpan elapsed, int width)
    {
        var share = p.TotalSteps > 0 ? Math.Clamp((double)p.Step / p.TotalSteps, 0, 1) : 0;
        var bar = Math.Clamp(width - 60, 10, 40);
        var full = (int)Math.Round(share * bar);
        return new Markup(string.Create(
            CultureInfo.InvariantCulture,
            $"[green]{new string('━', full)}[/][grey]{new string('━', bar - full)}[/] {p.Step}/{p.TotalSteps}  {Format.Percent(share)}  [grey]{Markup.Escape(p.Phase)}, {Format.Duration(elapsed)} gone, {Format.Duration(p.Left)} left[/]"));
    }

    private static Grid Numbers(TrainProgress p)
    {
        (string Name, string Value)[] cells =
        [
            ("loss", $"[bold]{Format.Loss(p.Loss.Value)}[/]"),
            ("val last", Format.Loss(p.LastVal) + Format.Scores(p.LastScores, " ")),
            ("val best", $"[green]{Format.Loss(p.BestVal)}[/]{(p.BestValStep is { } at ? string.Create(CultureInfo.InvariantCulture, $" [grey]@{at}[/]") : "")}"),
            ("lr", p.Last is { } l ? Format.Scientific(l.LearningRate) : "-"),
            ("grad", p.Last is { } g ? g.GradNorm.ToString("0.000", CultureInfo.InvariantCulture) : "-"),
            ("tokens/s", p.TokensPerSecond is { } rate ? Format.Count(rate) : "-"),
            ("mfu", Format.Percent(p.Last?.Mfu)),
            ("world", string.Create(CultureInfo.InvariantCulture, $"{p.WorldSize} [grey]gen {p.Generation}[/]")),
        ];
        var grid = new Grid();
        foreach (var _ in cells)
            grid.AddColumn(new GridColumn().PadRight(2).NoWrap());
        grid.AddRow([.. cells.Select(cell => new Markup($"[grey]{cell.Name}[/]"))]);
        grid.AddRow([.. cells.Select(cell => new Markup(cell.Value))]);
        return grid;
    }

    private static Table Workers(TrainProgress p)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumn("worker");
        foreach (var name in (string[])["rank", "micro-shards", "step", "compute s", "reduce s", "memory", "optimizer"])
            table.AddColumn(new TableColumn(name).RightAligned());
        foreach (var row in p.Workers.Take(ShownWorkers))
        {
            table.AddRow(
                Markup.Escape(row.Name),
                Number(row.Rank),
                Number(row.MicroShards),
                row.Last is { } last ? Number(last.Step) : "-",
                row.Last is { } compute ? Format.Seconds(compute.ComputeSeconds) : "-",
                row.Last is { } reduce ? Format.Seconds(reduce.ReduceSeconds) : "-",
                row.Last is { } memory ? Format.Bytes(memory.ResidentBytes) : "-",
                row.Last is { } optimizer ? Format.Bytes(optimizer.OptimizerBytes) : "-");
        }

        return table;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
