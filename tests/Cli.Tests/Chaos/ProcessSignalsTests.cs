using System.Diagnostics;
using DyT.Cli.Chaos;

namespace DyT.Cli.Tests.Chaos;

public sealed class ProcessSignalsTests
{
    private static Process Sleep() => Process.Start(new ProcessStartInfo("sleep", "60"))!;

    // The state's letter follows the name in parentheses: S sleeping, T stopped.
    private static char State(Process process)
    {
        var stat = File.ReadAllText($"/proc/{process.Id}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    private static void Await(Process process, char state) =>
        Assert.True(SpinWait.SpinUntil(() => State(process) == state, TimeSpan.FromSeconds(10)), $"not {state}");

    [Fact]
    public void A_process_is_stopped_continued_and_killed()
    {
        using var process = Sleep();
        Await(process, 'S');
        Assert.True(ProcessSignals.Send(process.Id, UnixSignal.Stop));
        Await(process, 'T');
        Assert.True(ProcessSignals.Send(process.Id, UnixSignal.Continue));
        Await(process, 'S');
        Assert.True(ProcessSignals.Send(process.Id, UnixSignal.Kill));
        Assert.True(process.WaitForExit(10000));
        Assert.Equal(128 + 9, process.ExitCode);
        Assert.False(ProcessSignals.Send(process.Id, UnixSignal.Kill));
    }

    [Fact]
    public void A_stopped_process_can_be_killed_and_a_running_one_asked_to_end()
    {
        using var stopped = Sleep();
        using var running = Sleep();
        ProcessSignals.Send(stopped.Id, UnixSignal.Stop);
        ProcessSignals.Send(stopped.Id, UnixSignal.Kill);
        ProcessSignals.Send(running.Id, UnixSignal.Terminate);
        Assert.True(stopped.WaitForExit(10000));
        Assert.True(running.WaitForExit(10000));
        Assert.Equal(128 + 15, running.ExitCode);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(-12345)]
    public void Only_single_processes_can_be_meant(int id) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ProcessSignals.Send(id, UnixSignal.Continue));
}
