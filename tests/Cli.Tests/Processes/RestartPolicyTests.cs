using DyT.Cli.Processes;

namespace DyT.Cli.Tests.Processes;

public sealed class RestartPolicyTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    private static readonly RestartPolicy Policy = new(3, TimeSpan.FromMinutes(10), TimeSpan.FromSeconds(1));

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
        Assert.Equal(new GiveUp("it died 4 times within 10 minutes"), Policy.Decide(Ago(1, 2, 3), Now, 1));

    [Fact]
    public void Old_restarts_are_forgiven() => Assert.Equal(new Restart(TimeSpan.Zero), Policy.Decide(Ago(10, 11, 600), Now, 1));

    [Fact]
    public void A_worker_whose_configuration_is_off_is_not_started_again() => Assert.IsType<GiveUp>(Policy.Decide([], Now, 2));
}
