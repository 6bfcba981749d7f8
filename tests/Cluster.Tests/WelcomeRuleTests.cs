using DyT.Cluster.Messages;
using DyT.Config;
using DyT.Worker.Core;

namespace DyT.Cluster.Tests;

public sealed class WelcomeRuleTests
{
    private static readonly Welcome Own = new("run-1", "/runs/run-1", "seed: 1", 7);

    private static WelcomeAnswer Judge(Welcome welcome, string? begun, string? disagreement = null) => WelcomeRule.Judge(welcome, "here:1", "run-1", begun, _ => disagreement);

    [Fact]
    public void The_first_welcome_of_the_own_run_begins_it() => Assert.Equal(WelcomeEffect.Begin, Judge(Own, begun: null).Effect);

    [Fact]
    public void Another_run_is_no_business_of_a_new_worker()
    {
        var answer = Judge(Own with { RunId = "run-2" }, begun: null);
        Assert.Equal((WelcomeEffect.End, UserErrorException.Usage), (answer.Effect, answer.ExitCode));
        Assert.Equal("the coordinator at here:1 conducts the run run-2, but this worker was started for run-1: give it --run-id run-2", answer.Reason);
    }

    [Fact]
    public void Options_that_are_other_than_the_runs_end_a_new_worker() =>
        Assert.Equal(new WelcomeAnswer(WelcomeEffect.End, UserErrorException.Usage, "it is otherwise"), Judge(Own, begun: null, disagreement: "it is otherwise"));

    [Fact]
    public void A_worker_with_state_goes_on_with_its_run_under_another_coordinator() => Assert.Equal(WelcomeEffect.TakenOver, Judge(Own, begun: Own.ConfigYaml, disagreement: "asked at the beginning alone").Effect);

    [Fact]
    public void A_worker_with_state_does_not_join_a_later_run() => Assert.Equal(WelcomeEffect.Ignore, Judge(Own with { RunId = "run-2" }, begun: Own.ConfigYaml).Effect);

    [Fact]
    public void A_worker_with_state_ends_where_its_run_goes_on_with_other_settings()
    {
        var answer = Judge(Own, begun: "seed: 2");
        Assert.Equal((WelcomeEffect.End, UserErrorException.Failure), (answer.Effect, answer.ExitCode));
        Assert.Contains("start the worker again", answer.Reason, StringComparison.Ordinal);
    }
}
