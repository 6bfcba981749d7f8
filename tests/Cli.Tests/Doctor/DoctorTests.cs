using DyT.Cli.Doctor;
using Spectre.Console;

namespace DyT.Cli.Tests.Doctor;

public sealed class DoctorTests
{
    private sealed class Fixed(Finding finding) : ICheck
    {
        public string Name => "thing";

        public Finding Run() => finding;
    }

    private static (int ExitCode, string Text) Run(params Finding[] findings)
    {
        var output = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(output) });
        var command = Cli.Commands.DoctorCommand.Create([.. findings.Select(f => new Fixed(f))], console);
        return (command.Parse([]).Invoke(), output.ToString());
    }

    [Fact]
    public void A_warning_is_no_failure_and_shows_what_to_do()
    {
        var (code, text) = Run(Finding.Ok("fine"), Finding.Warn("half of it [x]", "do this"));
        Assert.Equal(0, code);
        Assert.Contains("half of it [x]", text, StringComparison.Ordinal);
        Assert.Contains("-> do this", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Something_essential_that_fails_makes_the_exit_code_one()
    {
        var (code, text) = Run(Finding.Ok("fine"), Finding.Fail("gone", "get it"));
        Assert.Equal(1, code);
        Assert.Contains("1 essential thing is missing", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_processor_is_read_from_the_systems_description()
    {
        string[] lines = ["processor\t: 0", "model name\t: Fast CPU", "flags\t\t: sse4_2 avx2 fma", "", "processor\t: 1", "model name\t: Fast CPU", "flags\t\t: sse4_2 avx2 fma"];
        Assert.Equal(new CpuDescription(2, "Fast CPU", "AVX2"), CpuDescription.Parse(lines));
        Assert.Null(CpuDescription.Parse(["garbage", ":", ""]));
    }

    [Fact]
    public void Free_memory_is_read_from_the_systems_description()
    {
        Assert.Equal(2048L * 1024, MemoryCheck.AvailableOf(["MemTotal:  9 kB", "MemAvailable:    2048 kB"]));
        Assert.Null(MemoryCheck.AvailableOf(["MemAvailable: lots"]));
    }

    [Theory]
    [InlineData(130, 900, false, CheckStatus.Ok, "130 GFLOP/s on one thread (fp32, by libtorch), 900 in bf16: train.products: bf16 pays here")]
    [InlineData(130, 140, false, CheckStatus.Ok, "130 GFLOP/s on one thread (fp32, by libtorch), 140 in bf16: train.products: bf16 does not pay here")]
    [InlineData(2, 1, false, CheckStatus.Warn, "2 GFLOP/s on one thread (fp32, by libtorch), 1 in bf16: train.products: bf16 does not pay here")]
    [InlineData(211, 180, true, CheckStatus.Ok, "211 GFLOP/s on one thread (fp32, by our own kernel), 180 in bf16: train.products: bf16 does not pay here")]
    public void Products_are_judged_by_their_rates(double fp32, double bf16, bool isOwnKernel, CheckStatus expected, string what)
    {
        var finding = MatrixRateCheck.Judge(fp32, bf16, isOwnKernel);
        Assert.Equal((expected, what), (finding.Status, finding.What));
    }

    [Theory]
    [InlineData(16L << 30, null, CheckStatus.Ok)]
    [InlineData(16L << 30, 3L << 30, CheckStatus.Warn)]
    [InlineData(512L << 20, null, CheckStatus.Fail)]
    public void Memory_is_judged_by_what_is_free(long limit, long? free, CheckStatus expected) => Assert.Equal(expected, MemoryCheck.Judge(limit, free).Status);

    [Theory]
    [InlineData(50L << 30, CheckStatus.Ok)]
    [InlineData(1L << 30, CheckStatus.Warn)]
    [InlineData(1L << 20, CheckStatus.Fail)]
    public void Disk_is_judged_by_what_is_free(long free, CheckStatus expected) => Assert.Equal(expected, DiskCheck.Judge(free, ".").Status);

    [Fact]
    public void A_tool_that_is_not_there_is_a_warning_with_its_advice()
    {
        var finding = new ToolCheck("no-such-tool-here", "get it").Run();
        Assert.Equal(CheckStatus.Warn, finding.Status);
        Assert.Equal("get it", finding.Advice);
    }

    [Fact]
    public void Ports_of_the_loopback_can_be_used_here() => Assert.Equal(CheckStatus.Ok, new PortCheck().Run().Status);
}
