namespace DyT.Cli.Tests;

/// <summary>The launcher script in a copy of the tree's outline, with a stand-in for 'dotnet' that writes down how it was called.</summary>
public sealed class LauncherTests : IDisposable
{
    private static readonly string[] Programs = ["Cli/release/dyt.dll", "Coordinator/release/dyt-coordinator.dll", "Worker/release/dyt-worker.dll"];

    private readonly Scratch _scratch = new();

    public LauncherTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the launcher is a POSIX shell script");
        File.Copy(Repository.Launcher, _scratch.File("dyt"));
        Directory.CreateDirectory(_scratch.File("src"));
        Directory.CreateDirectory(_scratch.File("build"));
        Directory.CreateDirectory(_scratch.File("tests"));
        Directory.CreateDirectory(_scratch.File("tools"));
        _scratch.File("Directory.Build.props", "");
        _scratch.File("src/Program.cs", "");
        FakeDotnet(version: "10.0.100");
    }

    public void Dispose() => _scratch.Dispose();

    // Builds make the programs; everything else only leaves its arguments in 'calls'.
    private void FakeDotnet(string version, string onBuild = "")
    {
        var touch = string.Join("; ", Programs.Select(p => $"mkdir -p $(dirname {_scratch.Folder}/artifacts/bin/{p}); : > {_scratch.Folder}/artifacts/bin/{p}"));
        Script("tools/dotnet", $"""
            #!/bin/sh
            echo "$@" >> {_scratch.Folder}/calls
            case $1 in
                --version) echo {version} ;;
                build) {(onBuild.Length > 0 ? onBuild : touch)} ;;
                */release/*.dll) [ ! -f "$1.out" ] || cat "$1.out"; [ ! -f "$1.code" ] || exit $(cat "$1.code") ;;
            esac
            """);
    }

    private void Script(string name, string text)
    {
        var path = _scratch.File(name, text.ReplaceLineEndings("\n") + "\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private (int ExitCode, string Output, string Error) Dyt(params string[] arguments) =>
        Repository.Run("sh", [_scratch.File("dyt"), .. arguments], new Dictionary<string, string> { ["PATH"] = $"{_scratch.File("tools")}:/usr/bin:/bin", ["DYT_DEVICE"] = "cpu" });

    private string[] Calls()
    {
        var file = _scratch.File("calls");
        var calls = File.Exists(file) ? File.ReadAllLines(file) : [];
        File.Delete(file);
        return calls;
    }

    private static bool IsBuild(string call) => call.StartsWith("build ", StringComparison.Ordinal);

    [Fact]
    public void The_first_start_builds_and_says_so_and_the_second_does_not()
    {
        var first = Dyt("version", "a b");
        Assert.Equal(0, first.ExitCode);
        Assert.Contains("building", first.Error, StringComparison.Ordinal);
        Assert.Single(Calls(), IsBuild);

        var second = Dyt("version");
        Assert.Equal("", second.Error);
        Assert.Equal([$"{_scratch.Folder}/artifacts/bin/Cli/release/dyt.dll version"], Calls());
    }

    [Theory]
    [InlineData("src/New.cs")]
    [InlineData("build/New.targets")]
    [InlineData("Directory.Build.props")]
    public void A_changed_source_is_built(string file)
    {
        Dyt("version");
        Calls();
        File.SetLastWriteTimeUtc(_scratch.File(file, "x"), DateTime.UtcNow.AddSeconds(2));
        Dyt("version");
        Assert.Single(Calls(), IsBuild);
    }

    [Fact]
    public void A_removed_source_or_a_missing_program_is_built_again()
    {
        Dyt("version");
        Calls();
        File.Delete(_scratch.File("src/Program.cs"));
        Directory.SetLastWriteTimeUtc(_scratch.File("src"), DateTime.UtcNow.AddSeconds(2));
        Dyt("version");
        Assert.Single(Calls(), IsBuild);

        Directory.SetLastWriteTimeUtc(_scratch.File("src"), DateTime.UtcNow.AddHours(-1));
        Dyt("version");
        Calls();
        File.Delete(_scratch.File("artifacts/bin/Worker/release/dyt-worker.dll"));
        Dyt("version");
        Assert.Single(Calls(), IsBuild);
    }

    [Fact]
    public void A_failed_build_shows_its_output_and_is_tried_again()
    {
        FakeDotnet("10.0.100", onBuild: "echo error CS1002; exit 1");
        var (code, output, error) = Dyt("version");
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.Contains("error CS1002", error, StringComparison.Ordinal);
        Assert.Contains("the build failed", error, StringComparison.Ordinal);
        Calls();
        Dyt("version");
        Assert.Single(Calls(), IsBuild);
    }

    [Fact]
    public void An_old_sdk_is_refused_with_a_sentence()
    {
        FakeDotnet(version: "8.0.400");
        var (code, _, error) = Dyt("version");
        Assert.Equal(1, code);
        Assert.Contains("10 or newer", error, StringComparison.Ordinal);
        Assert.DoesNotContain(Calls(), IsBuild);
    }

    [Fact]
    public void Tests_are_summed_up_over_the_projects_on_the_last_line()
    {
        TestProject("A.Tests", "Total: 5, Errors: 0, Failed: 0, Skipped: 1, Not Run: 0", 0);
        TestProject("B.Tests", "Total: 12, Errors: 0, Failed: 2, Skipped: 0, Not Run: 0", 1);
        var (code, output, _) = Dyt("test");
        Assert.Equal(1, code);
        Assert.Equal("14 passed, 2 failed, 1 skipped", output.TrimEnd().Split('\n')[^1]);

        var one = Dyt("test", "A");
        Assert.Equal((0, "4 passed, 0 failed, 1 skipped"), (one.ExitCode, one.Output.TrimEnd().Split('\n')[^1]));
    }

    [Fact]
    public void A_test_program_that_crashes_counts_as_a_failure()
    {
        TestProject("A.Tests", "Segmentation fault", 139);
        var (code, output, _) = Dyt("test");
        Assert.Equal(1, code);
        Assert.Equal("0 passed, 1 failed", output.TrimEnd().Split('\n')[^1]);
    }

    [Fact]
    public void No_tests_at_all_are_no_success()
    {
        TestProject("A.Tests", "Total: 0, Errors: 0, Failed: 0, Skipped: 0, Not Run: 0", 0);
        Assert.Equal(1, Dyt("test").ExitCode);
        Assert.Equal(2, Dyt("test", "Nobody").ExitCode);
    }

    private void TestProject(string name, string summary, int exitCode)
    {
        Directory.CreateDirectory(_scratch.File($"tests/{name}"));
        _scratch.File($"tests/{name}/{name}.csproj", "");
        Directory.CreateDirectory(_scratch.File($"artifacts/bin/{name}/release"));
        var dll = $"artifacts/bin/{name}/release/DyT.{name}.dll";
        _scratch.File(dll + ".out", $"   DyT.{name}  {summary}, Time: 0.1s\n");
        _scratch.File(dll + ".code", $"{exitCode}");
    }
}
