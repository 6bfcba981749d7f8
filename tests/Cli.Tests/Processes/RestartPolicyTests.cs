using DyT.Cli.Processes;
using DyT.Config;

namespace DyT.Cli.Tests.Processes;

public sealed class RestartPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RestartPolicy Policy = RestartPolicy.Of(new ClusterConfig());

    private static DateTimeOffset[] Ago(params double[] minutes) => [.. minutes.Select(m => Now.AddMinutes(-m))];

    [Fact]
    public void The_first_death_is_followed_by_an_immediate_restart() => Assert.Equal(new Restart(TimeSpan.Zero), Policy.Decide([], Now, 137));

    [Fact]
    public void Each_further_restart_waits_twice_as_long()
    {
        Assert.Equal(new Restart(TimeSpan.FromSeconds(1)), Policy.Decide(Ago(1), Now, 1));
        Assert.Equal(new Restart(TimeSpan.FromSeconds(2)), Policy.Decide(Ago(1, 2), Now, 1));
    }

    [Fact]
    public void A_worker_that_keeps_dying_is_given_up() =>
        Assert.Equal(new GiveUp("it died 4 times within 10 minutes (cluster.restarts)"), Policy.Decide(Ago(1, 2, 3), Now, 1));

    [Fact]
    public void How_often_is_a_setting()
    {
        var once = RestartPolicy.Of(new ClusterConfig { Restarts = 1 });
        Assert.IsType<Restart>(once.Decide([], Now, 1));
        Assert.Equal(new GiveUp("it died 2 times within 10 minutes (cluster.restarts)"), once.Decide(Ago(1), Now, 1));
        Assert.Equal(new GiveUp("cluster.restarts is 0"), RestartPolicy.Of(new ClusterConfig { Restarts = 0 }).Decide([], Now, 1));
    }

    [Fact]
    public void The_pause_does_not_grow_without_end()
    {
        var patient = RestartPolicy.Of(new ClusterConfig { Restarts = 1000 });
        Assert.Equal(new Restart(TimeSpan.FromSeconds(64)), patient.Decide(Ago([.. Enumerable.Repeat(1.0, 900)]), Now, 1));
        Assert.Equal(new Restart(TimeSpan.Zero), RestartPolicy.Always.Decide(Ago([.. Enumerable.Repeat(1.0, 5000)]), Now, 1));
    }

    [Fact]
    public void Old_restarts_are_forgiven() => Assert.Equal(new Restart(TimeSpan.Zero), Policy.Decide(Ago(10, 11, 600), Now, 1));

    [Fact]
    public void A_worker_whose_configuration_is_off_is_not_started_again() => Assert.IsType<GiveUp>(Policy.Decide([], Now, 2));
}
