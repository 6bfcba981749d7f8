using DyT.Cli.Views;
using DyT.Runs;
using Spectre.Console;

namespace DyT.Cli.Tests.Views;

public sealed class LiveViewTests
{
    [Fact]
    public void The_last_state_stays_on_the_screen_when_the_view_ends()
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.Yes, Interactive = InteractionSupport.Yes, Out = new AnsiConsoleOutput(output) });
        console.Profile.Width = 120;
        var start = new TrainProgress(10, DateTimeOffset.UnixEpoch);
        using (var view = new LiveView(console, new RunHeader("quick-1", "a model", "cpu"), start, new ManualTime()))
        {
            view.Log("w0", "a line of log");
            view.Handle(new Notice("x"), start.Apply(new StepCommitted(Steps.Step(7)), DateTimeOffset.UnixEpoch));
        }

        Assert.Contains("7/10", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("a line of log", output.ToString(), StringComparison.Ordinal);
    }
}
