using System.Text.Json;
using DyT.Cli.Summaries;
using DyT.Cli.Views;
using DyT.Runs;

namespace DyT.Cli.Tests.Summaries;

public sealed class RunSummaryTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static TrainProgress Progress() => new TrainProgress(2, Start)
        .Apply(new StepCommitted(Steps.Step(1, val: 2.0)), Start)
        .Apply(new StepCommitted(Steps.Step(2, val: 2.0794415416798357)), Start)
        .Apply(new CheckpointWritten(2, "c"), Start)
        .Apply(new RunEnded(RunOutcome.Finished, 2, ""), Start);

    [Fact]
    public void Perplexity_and_bits_per_byte_follow_from_the_final_loss()
    {
        // ln 8 nats per token: perplexity 8, 3 bits per token, and at 1.5 bytes per token 2 bits per byte.
        var summary = RunSummary.Of(Progress(), new RunFolder("runs/a"), Start.AddSeconds(90), 1.5);
        Assert.Equal(8, summary.Perplexity!.Value, 9);
        Assert.Equal(2, summary.BitsPerByte!.Value, 9);
        Assert.Equal(2.0, summary.BestValLoss);
        Assert.Equal(1, summary.BestValStep);
        Assert.Equal(90, summary.WallSeconds);
        Assert.Equal(2000, summary.TokensPerSecond);
    }

    [Fact]
    public void The_json_has_snake_case_keys_and_leaves_out_what_is_unknown()
    {
        var json = JsonDocument.Parse(RunSummary.Of(Progress(), new RunFolder("runs/a"), Start, null).ToJson()).RootElement;
        Assert.Equal("finished", json.GetProperty("outcome").GetString());
        Assert.Equal(2.0, json.GetProperty("best_val_loss").GetDouble());
        Assert.False(json.TryGetProperty("bits_per_byte", out _));
    }

    [Fact]
    public void The_phases_of_a_profile_sum_to_the_steps_time()
    {
        var progress = Progress();
        var phases = ProfileTable.Phases(progress.Times, progress.StepSeconds);
        Assert.Equal(progress.StepSeconds, phases.Sum(p => p.Seconds), 9);
        Assert.Equal(0.4, phases.Single(p => p.Phase == "backward").Seconds, 9);
        Assert.Equal(0.2, phases.Single(p => p.Phase == "other").Seconds, 9);
    }

    [Fact]
    public void A_profile_tells_the_reduction_s_time_per_step_and_its_hidden_share()
    {
        Assert.Equal("communication 20.00 ms, 75.0% hidden", ProfileTable.Communication(new StepTimes { Communication = 0.2, Hidden = 0.15 }, 10));
        Assert.Null(ProfileTable.Communication(new StepTimes(), 10));
    }
}
