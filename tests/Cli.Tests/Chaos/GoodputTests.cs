using CsCheck;
using DyT.Cli.Chaos;

namespace DyT.Cli.Tests.Chaos;

public sealed class GoodputTests
{
    private static readonly Presence[] Four = [new(0, 4)];

    [Fact]
    public void Steps_back_to_back_are_all_good() =>
        Assert.Equal(1, Goodput.Of([new(1, 1, 1, 4, 1), new(2, 2, 1, 4, 1)], Four, 0, 2), 9);

    [Fact]
    public void A_step_that_is_done_again_counts_once_and_with_its_last_time() =>
        Assert.Equal(0.4, Goodput.Of([new(1, 1, 1, 4, 1), new(3, 2, 2, 4, 1), new(5, 2, 1, 4, 2)], Four, 0, 5), 9);

    [Fact]
    public void Workers_that_are_there_without_taking_part_cost() =>
        Assert.Equal(0.5, Goodput.Of([new(1, 1, 1, 2, 1), new(2, 2, 1, 2, 1)], Four, 0, 2), 9);

    [Fact]
    public void Only_time_within_the_observation_counts()
    {
        Assert.Equal(4 * 1 + 3 * 2, Goodput.WorkerSeconds([new(-5, 4), new(1, 3), new(9, 100)], 0, 3), 9);
        Assert.Equal(0, Goodput.Of([], [], 0, 10));
        Assert.Equal(0, Goodput.Of([new(1, 1, 1, 4, 1)], Four, 5, 5));
    }

    private static readonly Gen<(List<Commit> Timeline, List<Presence> Presence, double End)> Runs =
        from steps in Gen.Select(Gen.Double[0.001, 2], Gen.Double[0, 3], Gen.Int[1, 8], Gen.Int[0, 3], Gen.Bool).Array[1, 60]
        select Run(steps);

    // Each step takes seconds after an idle time, with some workers present that take no part; some steps repeat the one before.
    private static (List<Commit>, List<Presence>, double) Run((double Seconds, double Idle, int Taking, int Idling, bool Again)[] steps)
    {
        var timeline = new List<Commit>();
        var presence = new List<Presence>();
        var now = 0.0;
        var step = 1L;
        foreach (var (seconds, idle, taking, idling, again) in steps)
        {
            presence.Add(new Presence(now, taking + idling));
            now += idle + seconds;
            timeline.Add(new Commit(now, again && step > 1 ? step - 1 : step++, seconds, taking, 1));
        }

        return (timeline, presence, now);
    }

    [Fact]
    public void It_is_a_share() => Runs.Sample(run => Assert.InRange(Goodput.Of(run.Timeline, run.Presence, 0, run.End), 0, 1 + 1e-9));

    [Fact]
    public void Time_at_the_end_without_a_step_lowers_it() =>
        Runs.Sample(run => Assert.True(Goodput.Of(run.Timeline, run.Presence, 0, run.End + 1) < Goodput.Of(run.Timeline, run.Presence, 0, run.End)));
}
