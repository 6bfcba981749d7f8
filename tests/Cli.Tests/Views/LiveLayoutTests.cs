using DyT.Cli.Views;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Tests.Views;

public sealed class LiveLayoutTests
{
    private static string Draw(TrainProgress progress, int width = 120, params string[] lines)
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = width;
        console.Write(LiveLayout.Render(new RunHeader("quick-1", "4 layers [x]", "cpu"), progress, lines, TimeSpan.FromSeconds(61), width));
        return output.ToString();
    }

    private static TrainProgress Running(int workers = 2)
    {
        var start = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        RunEvent[] events =
        [
            new GenerationFormed(3, [.. Enumerable.Range(0, workers).Select(i => $"w{i}")], [.. Enumerable.Repeat(2, workers)], "start"),
            new StepCommitted(Steps.Step(1, 3, val: 3.25, generation: 3)),
            new StepCommitted(Steps.Step(2, 2, generation: 3)),
            new WorkerReported(Steps.Status("w1", 1, 2)),
            new Notice("w2 [left]"),
        ];
        return events.Select((e, i) => (e, i)).Aggregate(new TrainProgress(10, start), (p, x) => p.Apply(x.e, start.AddSeconds(x.i)));
    }

    [Fact]
    public void It_shows_progress_numbers_workers_notices_and_logs()
    {
        var text = Draw(Running(), 120, "[w0] a [bracket]");
        foreach (var part in (string[])["quick-1", "4 layers [x]", "2/10", "20.0%", "1m01s gone", "8.0s left", "3.2500", "@1", "3.00e-4", "2.0k", "50.0%", "gen 3", "w1", "0.310", "300 MiB", "w2 [left]", "[w0] a [bracket]"])
            Assert.Contains(part, text, StringComparison.Ordinal);
    }

    [Fact]
    public void It_can_be_drawn_before_anything_has_happened() =>
        Assert.Contains("0/10", Draw(new TrainProgress(10, DateTimeOffset.UnixEpoch)), StringComparison.Ordinal);

    [Fact]
    public void It_fits_a_narrow_terminal_and_names_the_workers_it_leaves_out()
    {
        var text = Draw(Running(40), 60);
        Assert.Contains("and 24 more", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 60, line));
    }
}
