using System.Text.Json;
using DyT.Cli.Chaos;
using DyT.Config;
using Spectre.Console;

namespace DyT.Cli.Tests.Chaos;

public sealed class ChaosReportTests
{
    private static readonly ChaosReport Good = new()
    {
        Run = "chaos-1",
        Seed = 7,
        Steps = 100,
        Workers = 4,
        Planned = 2,
        Finished = true,
        WallSeconds = 90,
        UndisturbedSeconds = 60,
        Goodput = 0.625,
        StepsRedone = 3,
        Faults =
        [
            FaultReport.Of(new KillWorker(10, 2), new Recovery(FaultKind.KillWorker, 12.5, 1.25, 1, 1)),
            FaultReport.Of(new FreezeWorker(40, 0, 7.5, true), new Recovery(FaultKind.FreezeWorker, 40, 6, 2, 2)),
        ],
        Hash = "abc",
        UndisturbedHash = "ABC",
        Ledger = new LedgerVerdict(true, "every step from 1 to 100 exactly once."),
    };

    private static string Text(ChaosReport report)
    {
        using var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 200;
        ChaosTable.Write(report, console);
        return text.ToString();
    }

    [Fact]
    public void The_tables_say_what_was_done_and_how_it_went()
    {
        var text = Text(Good);
        Assert.Matches(@"kill_worker\s+│\s+1\s+│\s+1\.25\s+│\s+1\.25\s+│\s+1\s+│\s+0", text);
        Assert.Matches(@"all\s+│\s+2\s+│\s+3\.6[23]\s+│\s+6\.00\s+│\s+3\s+│\s+0", text);
        Assert.Contains("the same as undisturbed: abc", text, StringComparison.Ordinal);
        Assert.Contains("62.5%", text, StringComparison.Ordinal);
        Assert.Contains("2 of 2 injected (chaos.seed 7)", text, StringComparison.Ordinal);
        Assert.Contains("passed", text, StringComparison.Ordinal);
    }

    public static TheoryData<string, ChaosReport> Failures => new()
    {
        { "not finished", Good with { Finished = false } },
        { "DIFFERENT from undisturbed: abc, not def", Good with { UndisturbedHash = "def" } },
        { "none were written", Good with { Hash = null } },
        { "nothing to compare with", Good with { UndisturbedHash = null } },
        { "2 of 3 injected", Good with { Planned = 3 } },
        { "step 4 is missing before step 5.", Good with { Ledger = new LedgerVerdict(false, "step 4 is missing before step 5.") } },
        { " - │", Good with { Faults = [.. Good.Faults.Select(fault => fault with { RecoverySeconds = null })] } },
    };

    [Theory]
    [MemberData(nameof(Failures), DisableDiscoveryEnumeration = true)]
    public void What_is_not_as_it_should_be_fails(string expected, ChaosReport report)
    {
        Assert.True(Good.Passed);
        Assert.False(report.Passed);
        var text = Text(report);
        Assert.Contains(expected.TrimEnd(), text, StringComparison.Ordinal);
        Assert.Contains("FAILED", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_without_any_fault_has_a_report() => Assert.Contains("passed", Text(Good with { Planned = 0, Faults = [] }), StringComparison.Ordinal);

    [Fact]
    public void The_file_holds_everything()
    {
        using var scratch = new Scratch();
        var file = scratch.File("chaos.json");
        Good.Write(file);
        var json = JsonDocument.Parse(File.ReadAllText(file)).RootElement;
        Assert.Equal("kill_worker", json.GetProperty("faults")[0].GetProperty("kind").GetString());
        Assert.Equal("freeze w0 for 7.5 s", json.GetProperty("faults")[1].GetProperty("what").GetString());
        Assert.Equal(1.25, json.GetProperty("by_kind")[0].GetProperty("median_seconds").GetDouble());
        Assert.Equal(6, json.GetProperty("worst_recovery_seconds").GetDouble());
        Assert.True(json.GetProperty("same_weights").GetBoolean());
        Assert.True(json.GetProperty("passed").GetBoolean());
        Assert.True(json.GetProperty("ledger").GetProperty("right").GetBoolean());
        Assert.Equal(0.625, json.GetProperty("goodput").GetDouble());
        Assert.Throws<UserErrorException>(() => Good.Write(scratch.Folder));
    }
}
