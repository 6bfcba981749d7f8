using DyT.Cli.Processes;

namespace DyT.Cli.Tests;

/// <summary>The built program, as a process.</summary>
public sealed class ProgramTests
{
    private static (int ExitCode, string Output, string Error) Dyt(params string[] arguments) =>
        Repository.Run("dotnet", [ProgramFiles.Find("Cli", "dyt.dll"), .. arguments]);

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("doctor", "--loud")]
    [InlineData("version", "now")]
    public void A_wrong_command_line_is_one_sentence_and_exit_code_two(params string[] arguments)
    {
        var (code, output, error) = Dyt(arguments);
        Assert.Equal(2, code);
        Assert.Equal("", output);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.Contains($"'{arguments[^1]}'", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_option_given_twice_is_one_sentence_too()
    {
        var (code, output, error) = Dyt("translate", "runs/x", "--text", "a", "--text", "b");
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("'--text' expects a single argument", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd().Split('\n'));
    }

    [Fact]
    public void Version_names_the_program_and_the_runtime()
    {
        var (code, output, error) = Dyt("version");
        Assert.Equal((0, ""), (code, error));
        Assert.Matches(@"^dyt \d+\.\d+\.\d+\S*, \.NET 1\d\.", output);
    }

    [Fact]
    public void Help_lists_the_commands()
    {
        var (code, output, _) = Dyt("--help");
        Assert.Equal(0, code);
        Assert.Contains("doctor", output, StringComparison.Ordinal);
    }
}
