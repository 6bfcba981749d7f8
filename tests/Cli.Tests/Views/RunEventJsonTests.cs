using System.Text.Json;
using CsCheck;
using DyT.Runs;

namespace DyT.Cli.Tests.Views;

public sealed class RunEventJsonTests
{
    private static readonly Gen<string> Word = Gen.String[0, 20];

    private static readonly Gen<RunEvent> Events = Gen.OneOf<RunEvent>(
        Gen.Select(Word, Gen.Int[0, 65535]).Select((host, port) => (RunEvent)new CoordinatorReady(host, port)),
        Gen.Select(Gen.Long, Gen.Double, Gen.Double, Word).Select((step, loss, val, _) => (RunEvent)new StepCommitted(Steps.Step(step, loss, val))),
        Gen.Select(Word, Gen.Int).Select((name, rank) => (RunEvent)new WorkerReported(Steps.Status(name, rank))),
        Gen.Select(Gen.Long, Word).Select((step, path) => (RunEvent)new CheckpointWritten(step, path)),
        Word.Select(message => (RunEvent)new Notice(message)),
        Gen.Select(Gen.Enum<RunOutcome>(), Gen.Long, Word).Select((outcome, step, message) => (RunEvent)new RunEnded(outcome, step, message)));

    [Fact]
    public void An_event_written_as_a_line_reads_back_the_same() => Events.Sample(e =>
    {
        var line = e.ToJson();
        Assert.DoesNotContain('\n', line);
        Assert.Equal(e, RunEvent.TryParse(line));
    });

    [Fact]
    public void Lists_survive_the_line()
    {
        var read = Assert.IsType<GenerationFormed>(RunEvent.TryParse(new GenerationFormed(2, ["a", "b"], [3, 5], "joined").ToJson()));
        Assert.Equal(["a", "b"], read.Members);
        Assert.Equal([3, 5], read.MicroShards);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("listening on port 5")]
    [InlineData("{}")]
    [InlineData("[1,2]")]
    [InlineData("{\"event\":\"unheard\"}")]
    [InlineData("{\"event\":\"ended\",\"outcome\":\"dancing\",\"step\":1,\"message\":\"\"}")]
    [InlineData("{\"event\":\"step\",\"metrics\":{}}")]
    public void A_line_that_is_no_event_is_none(string line) => Assert.Null(RunEvent.TryParse(line));

    [Fact]
    public void No_text_makes_the_reader_throw() => Gen.String.Sample(text => Assert.Null(RunEvent.TryParse(text)));

    [Fact]
    public void A_truncated_event_is_none()
    {
        var line = new StepCommitted(Steps.Step(3)).ToJson();
        Gen.Int[0, line.Length - 1].Sample(length => Assert.Null(RunEvent.TryParse(line[..length])));
        Assert.NotNull(JsonDocument.Parse(line));
    }
}
