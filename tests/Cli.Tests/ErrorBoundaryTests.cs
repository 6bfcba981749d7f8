using DyT.Config;

namespace DyT.Cli.Tests;

public sealed class ErrorBoundaryTests
{
    private static (int ExitCode, string Text) Run(Func<int> body, string? trace = null)
    {
        var error = new StringWriter();
        return (ErrorBoundary.Run(body, error, trace), error.ToString());
    }

    [Fact]
    public void A_users_error_is_its_sentence_and_its_exit_code() =>
        Assert.Equal((2, "c.yaml:3: wrong." + Environment.NewLine), Run(() => throw new UserErrorException("c.yaml:3: wrong.", UserErrorException.Usage)));

    [Fact]
    public void Success_says_nothing() => Assert.Equal((7, ""), Run(() => 7));

    [Fact]
    public void Being_stopped_has_the_exit_code_of_an_interrupt() => Assert.Equal(130, Run(() => throw new OperationCanceledException()).ExitCode);

    [Fact]
    public void A_bug_is_one_line_with_the_trace_in_a_file()
    {
        using var scratch = new Scratch();
        var (code, text) = Run(() => throw new InvalidOperationException("two\nlines"), scratch.Folder);
        Assert.Equal(1, code);
        Assert.Single(text.TrimEnd().Split('\n'));
        Assert.Contains("InvalidOperationException: two lines", text, StringComparison.Ordinal);
        var file = Assert.Single(Directory.GetFiles(scratch.Folder));
        Assert.Contains(file, text, StringComparison.Ordinal);
        Assert.Contains("at DyT.", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_trace_that_cannot_be_written_is_no_second_failure() =>
        Assert.Equal(1, Run(() => throw new InvalidOperationException("x"), "/no/such/folder").ExitCode);
}
