using System.Diagnostics;
using DyT.Cli.Processes;
using DyT.Config;

namespace DyT.Cli.Tests.Processes;

public sealed class ChildProcessTests
{
    private static readonly Dictionary<string, string> NoEnvironment = [];

    private static ChildProcess Start(Scratch scratch, RecordingObserver observer, string program, params string[] arguments) =>
        ChildProcess.Start(new ChildStart("child", program, arguments, NoEnvironment), scratch.File("logs/child.log"), observer);

    private static bool IsAlive(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    [Fact]
    public void Lines_go_to_the_observer_and_the_log_and_the_exit_code_comes_last()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        using (Start(scratch, observer, "sh", "-c", "echo one; echo two >&2; exit 3"))
            observer.WaitFor("exit 3");
        Assert.Equal(["err two", "out one"], observer.All.SkipLast(1).Order(StringComparer.Ordinal));
        Assert.Equal(["one", "two"], File.ReadAllLines(scratch.File("logs/child.log")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_child_that_is_told_something_reads_it()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        using var child = Start(scratch, observer, "cat");
        child.Tell("stop");
        observer.WaitFor("out stop");
    }

    [Fact]
    public void A_child_that_watches_its_input_leaves_when_that_closes()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        using var child = Start(scratch, observer, "cat");
        child.CloseInput();
        observer.WaitFor("exit 0");
        child.Tell("nobody hears this");
    }

    [Fact]
    public void Disposing_ends_a_child_that_ignores_its_input_together_with_what_it_started()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        int grandchild;
        var child = Start(scratch, observer, "sh", "-c", "sleep 600 & echo $!; wait");
        using (child)
            grandchild = int.Parse(observer.WaitFor("out ")[4..], System.Globalization.CultureInfo.InvariantCulture);
        observer.WaitFor("exit ");
        Assert.False(IsAlive(child.Id));
        Assert.True(SpinWait.SpinUntil(() => !IsAlive(grandchild) || IsZombie(grandchild), TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public void The_last_error_lines_are_kept_for_the_sentence_that_says_why()
    {
        using var scratch = new Scratch();
        var observer = new RecordingObserver();
        using var child = Start(scratch, observer, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo line $i >&2; done; exit 1");
        observer.WaitFor("exit 1");
        Assert.Equal("line 12", child.LastErrors[^1]);
        Assert.InRange(child.LastErrors.Count, 3, 10);
    }

    [Fact]
    public void A_program_that_is_not_there_gives_one_sentence()
    {
        using var scratch = new Scratch();
        var error = Assert.Throws<UserErrorException>(() => Start(scratch, new RecordingObserver(), "no-such-program-here"));
        Assert.Contains("no-such-program-here", error.Message, StringComparison.Ordinal);
    }

    // A killed orphan stays in the table until its new parent asks for it, which not every container's first process does.
    private static bool IsZombie(int id)
    {
        var stat = $"/proc/{id}/stat";
        try
        {
            return File.Exists(stat) && File.ReadAllText(stat).Split(") ")[^1].StartsWith('Z');
        }
        catch (IOException)
        {
            return true;
        }
    }
}
