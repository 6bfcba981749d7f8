using System.Text.Json;
using CsCheck;
using DyT.Cli.Chaos;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Tests.Chaos;

public sealed class LedgerCheckTests
{
    private static string Line(long step, string? samples = null)
    {
        var line = JsonSerializer.Serialize(Steps.Step(step), RunJson.Options);
        return samples is null ? line : $"{line[..^1]},\"samples\":\"{samples}\"}}";
    }

    private static string Verdict(params long[] steps) => LedgerCheck.Check(steps.Select(step => Line(step)), 3).Sentence;

    [Fact]
    public void Every_step_once_and_in_order_is_right() =>
        Assert.Equal(new LedgerVerdict(true, "every step from 1 to 3 exactly once."), LedgerCheck.Check([Line(1), Line(2), Line(3)], 3));

    [Theory]
    [InlineData(new long[] { }, "step 1 is missing, after which the ledger ends.")]
    [InlineData(new long[] { 1, 2 }, "step 3 is missing, after which the ledger ends.")]
    [InlineData(new long[] { 2, 3 }, "step 1 is missing before step 2.")]
    [InlineData(new long[] { 1, 3 }, "step 2 is missing before step 3.")]
    [InlineData(new long[] { 1, 1, 2, 3 }, "step 1 is there again in line 2.")]
    [InlineData(new long[] { 1, 2, 1, 2, 3 }, "step 1 is there again in line 3.")]
    [InlineData(new long[] { 0, 1, 2, 3 }, "line 1 is of step 0, but the first step is 1.")]
    [InlineData(new long[] { 1, 2, 3, 4 }, "step 4 is there, but the run has 3.")]
    [InlineData(new long[] { 1, 2, 7 }, "step 7 is in line 3, but the run has 3.")]
    public void The_first_violation_is_named(long[] steps, string expected) => Assert.Equal(expected, Verdict(steps));

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"step\":\"two\"}")]
    public void A_line_that_is_no_step_is_named(string line) =>
        Assert.Equal(new LedgerVerdict(false, "line 2 is not a step's metrics."), LedgerCheck.Check([Line(1), line, Line(3)], 3));

    [Fact]
    public void Digests_of_samples_are_compared_when_they_are_expected()
    {
        static string Expected(long step) => $"a{step}";
        Assert.True(LedgerCheck.Check([Line(1, "A1"), Line(2, "a2")], 2, Expected).Right);
        Assert.Equal("step 2 used other samples than it should have (digest a3, not a2).", LedgerCheck.Check([Line(1, "a1"), Line(2, "a3")], 2, Expected).Sentence);
        Assert.Equal("step 2 has no digest of its samples.", LedgerCheck.Check([Line(1, "a1"), Line(2)], 2, Expected).Sentence);
    }

    [Fact]
    public void Only_the_one_right_order_of_lines_is_right() =>
        Gen.Long[-1, 6].Array[0, 8].Sample(steps =>
            Assert.Equal(steps.SequenceEqual([1, 2, 3, 4]), LedgerCheck.Check(steps.Select(step => Line(step)), 4).Right));

    [Fact]
    public void Files_are_read_and_a_cut_off_line_is_a_violation()
    {
        using var scratch = new Scratch();
        var file = scratch.File("metrics.jsonl", $"{Line(1)}\n{Line(2)}\n");
        Assert.True(LedgerCheck.Read(file, 2).Right);
        File.AppendAllText(file, Line(3)[..20]);
        Assert.Equal("line 3 is not a step's metrics.", LedgerCheck.Read(file, 3).Sentence);
        Assert.StartsWith(scratch.File("none"), Assert.Throws<UserErrorException>(() => LedgerCheck.Read(scratch.File("none"), 1)).Message, StringComparison.Ordinal);
    }
}
