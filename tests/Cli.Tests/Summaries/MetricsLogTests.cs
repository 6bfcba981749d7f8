using System.Text.Json;
using DyT.Cli.Summaries;
using DyT.Config;
using DyT.Runs;

namespace DyT.Cli.Tests.Summaries;

public sealed class MetricsLogTests
{
    private static string Line(long step, double loss = 2) =>
        JsonDocument.Parse(new StepCommitted(Steps.Step(step, loss)).ToJson()).RootElement.GetProperty("metrics").GetRawText();

    [Fact]
    public void Steps_written_again_after_a_resume_replace_the_earlier_ones()
    {
        using var scratch = new Scratch();
        var file = scratch.File("m.jsonl", string.Join('\n', Line(1), Line(2), Line(3), Line(2, 9), Line(3), "") + "");
        var steps = MetricsLog.Read(file);
        Assert.Equal([1L, 2, 3], steps.Select(s => s.Step));
        Assert.Equal(9, steps[1].Loss);
    }

    [Fact]
    public void A_last_line_cut_off_by_a_crash_is_passed_over()
    {
        using var scratch = new Scratch();
        Assert.Single(MetricsLog.Read(scratch.File("m.jsonl", Line(1) + "\n" + Line(2)[..40])));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("{\"step\":\"one\"}")]
    [InlineData("{}")]
    public void A_damaged_line_is_named_with_its_number(string damage)
    {
        using var scratch = new Scratch();
        var file = scratch.File("m.jsonl", $"{Line(1)}\n{damage}\n{Line(3)}\n");
        Assert.Contains("m.jsonl:2:", Assert.Throws<UserErrorException>(() => MetricsLog.Read(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_gives_a_sentence() =>
        Assert.Contains("no such file", Assert.Throws<UserErrorException>(() => MetricsLog.Read("/no/such/metrics.jsonl")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_tail_is_the_newest_whole_steps()
    {
        using var scratch = new Scratch();
        var path = scratch.File("metrics.jsonl", string.Concat(Enumerable.Range(1, 1000).Select(i => System.Text.Json.JsonSerializer.Serialize(Steps.Step(i), DyT.Runs.RunJson.Options) + "\n")) + "{\"step\": 1001, ");
        var tail = MetricsLog.Tail(path);
        Assert.InRange(tail.Count, 50, 999);
        Assert.Equal(Enumerable.Range(1001 - tail.Count, tail.Count).Select(i => (long)i), tail.Select(s => s.Step));
        Assert.Equal([1L, 2L], MetricsLog.Tail(scratch.File("short.jsonl", string.Concat(Enumerable.Range(1, 2).Select(i => System.Text.Json.JsonSerializer.Serialize(Steps.Step(i), DyT.Runs.RunJson.Options) + "\n")))).Select(s => s.Step));
        Assert.Empty(MetricsLog.Tail(scratch.File("none.jsonl")));
    }
}
