using CsCheck;
using DyT.Cli.Views;
using DyT.Runs;

namespace DyT.Cli.Tests.Views;

public sealed class TrainProgressTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static TrainProgress After(params RunEvent[] events) =>
        events.Select((e, i) => (e, At: Start.AddSeconds(i))).Aggregate(new TrainProgress(100, Start), (p, x) => p.Apply(x.e, x.At));

    [Fact]
    public void The_best_validation_loss_keeps_its_step_and_the_last_one_is_kept_beside_it()
    {
        var p = After(new StepCommitted(Steps.Step(1, val: 3.0)), new StepCommitted(Steps.Step(2, val: 2.5)), new StepCommitted(Steps.Step(3)), new StepCommitted(Steps.Step(4, val: 2.7)));
        Assert.Equal(2.5, p.BestVal);
        Assert.Equal(2, p.BestValStep);
        Assert.Equal(2.7, p.LastVal);
        Assert.Equal(4, p.Step);
    }

    [Fact]
    public void A_validation_loss_that_is_not_a_number_is_never_the_best()
    {
        var p = After(new StepCommitted(Steps.Step(1, val: double.NaN)), new StepCommitted(Steps.Step(2, val: 2.5)));
        Assert.Equal(2.5, p.BestVal);
        Assert.Null(After(new StepCommitted(Steps.Step(1, val: double.NaN))).BestVal);
    }

    [Fact]
    public void A_step_told_twice_counts_once()
    {
        var once = After(new StepCommitted(Steps.Step(1)), new StepCommitted(Steps.Step(2)));
        var twice = After(new StepCommitted(Steps.Step(1)), new StepCommitted(Steps.Step(2)), new StepCommitted(Steps.Step(1)), new StepCommitted(Steps.Step(2)));
        Assert.Equal(once.Tokens, twice.Tokens);
        Assert.Equal(2, twice.Step);
    }

    [Fact]
    public void Tokens_per_second_are_those_of_the_last_steps_only()
    {
        var p = new TrainProgress(1000, Start);
        for (var step = 1; step <= 30; step++)
            p = p.Apply(new StepCommitted(Steps.Step(step, tokens: 1000, seconds: 10)), Start);
        for (var step = 31; step <= 30 + TrainProgress.RateWindow; step++)
            p = p.Apply(new StepCommitted(Steps.Step(step, tokens: 1000, seconds: 0.5)), Start);
        Assert.Equal(2000, p.TokensPerSecond!.Value, 6);
        Assert.Equal(80_000 / (300 + 25.0), p.MeanTokensPerSecond!.Value, 6);
    }

    [Fact]
    public void Time_left_follows_the_pace_of_this_generation_and_counts_pauses_between_steps()
    {
        var p = new TrainProgress(100, Start).Apply(new GenerationFormed(1, ["w0"], [4], "start"), Start);
        p = p.Apply(new StepCommitted(Steps.Step(1)), Start.AddSeconds(100));
        Assert.Null(p.Left);
        p = p.Apply(new StepCommitted(Steps.Step(11)), Start.AddSeconds(120));
        Assert.Equal(TimeSpan.FromSeconds(2.0 * 89), p.Left);

        p = p.Apply(new GenerationFormed(2, ["w0", "w1"], [2, 2], "w1 joined"), Start.AddSeconds(121));
        Assert.Null(p.Left);
        p = p.Apply(new StepCommitted(Steps.Step(12)), Start.AddSeconds(130)).Apply(new StepCommitted(Steps.Step(13)), Start.AddSeconds(131));
        Assert.Equal(TimeSpan.FromSeconds(87), p.Left);
    }

    [Fact]
    public void A_generation_lists_its_members_in_rank_order_and_keeps_what_those_that_stay_have_told()
    {
        var p = After(
            new GenerationFormed(1, ["w0", "w1"], [2, 2], "start"),
            new WorkerReported(Steps.Status("w1", 1, 7)),
            new WorkerReported(Steps.Status("stranger", 5)),
            new GenerationFormed(2, ["w1", "w2"], [3, 1], "w0 left"));
        Assert.Equal(["w1", "w2"], p.Workers.Select(row => row.Name));
        Assert.Equal([3, 1], p.Workers.Select(row => row.MicroShards));
        Assert.Equal(7, p.Workers[0].Last!.Step);
        Assert.Null(p.Workers[1].Last);
        Assert.Equal(2, p.WorldSize);
    }

    [Fact]
    public void A_resumed_run_knows_where_it_started()
    {
        Assert.Equal(40, After(new StepCommitted(Steps.Step(41)), new StepCommitted(Steps.Step(42))).ResumedAt);
    }

    [Fact]
    public void Waiting_for_workers_says_how_many_are_there()
    {
        Assert.Equal("waiting for workers (1 of 3)", After(new CoordinatorReady("h", 1), new RosterChanged(["w0"], 3)).Phase);
        Assert.Equal("training", After(new GenerationFormed(1, ["w0"], [4], "start"), new RosterChanged(["w0", "w1"], 1)).Phase);
    }

    [Fact]
    public void Notices_are_bounded_and_the_newest_stay()
    {
        var p = After([.. Enumerable.Range(0, 1000).Select(i => new Notice($"note {i}"))]);
        Assert.InRange(p.Notices.Count(), 1, 100);
        Assert.Equal("note 999", p.Notices.Last());
    }

    [Fact]
    public void The_smoothed_loss_lies_between_the_least_and_the_greatest_loss() =>
        Gen.Double[-100, 100].Array[1, 200].Sample(losses =>
        {
            var p = After([.. losses.Select((loss, i) => new StepCommitted(Steps.Step(i + 1, loss)))]);
            Assert.InRange(p.Loss.Value!.Value, losses.Min() - 1e-9, losses.Max() + 1e-9);
        });

    [Fact]
    public void The_smoothed_loss_of_a_constant_is_the_constant_from_the_first_step()
    {
        Assert.Equal(2.5, After(new StepCommitted(Steps.Step(1, 2.5))).Loss.Value!.Value, 12);
        Assert.Equal(2.5, After(new StepCommitted(Steps.Step(1, 2.5)), new StepCommitted(Steps.Step(2, double.NaN))).Loss.Value!.Value, 12);
    }

    [Fact]
    public void The_loss_history_stays_bounded_and_keeps_the_mean()
    {
        Gen.Double[0, 10].Array[1, 300].Sample(losses =>
        {
            var history = losses.Aggregate(new LossHistory(16), (h, loss) => h.Add(loss));
            Assert.True(history.Points.Count < 16);
            var covered = history.Points.Count * history.Stride;
            Assert.InRange(covered, losses.Length - history.Stride + 1, losses.Length);
            if (covered > 0)
                Assert.Equal(losses.Take(covered).Average(), history.Points.Average(), 9);
        });
    }
}
