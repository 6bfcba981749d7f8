using CsCheck;
using DyT.Cli.Chaos;
using DyT.Config;

namespace DyT.Cli.Tests.Chaos;

public sealed class RecoveryTimesTests
{
    // Steps of 1 s; the gaps are what came before each step in addition.
    private static List<Commit> Timeline(params double[] gaps)
    {
        var timeline = new List<Commit>();
        var now = 0.0;
        for (var i = 0; i < gaps.Length; i++)
        {
            now += 1 + gaps[i];
            timeline.Add(new Commit(now, i + 1, 1, 4, 1));
        }

        return timeline;
    }

    private static FaultMoment Kill(double at) => new(at, FaultKind.KillWorker);

    [Fact]
    public void A_fault_costs_what_the_next_step_takes_longer()
    {
        // Steps at 1, 2, 3, then nothing until 9; the fault came right after step 3.
        var recovery = Assert.Single(RecoveryTimes.Of(Timeline(0, 0, 0, 5, 0, 0), [Kill(3)]));
        Assert.Equal(5, recovery.Seconds!.Value, 9);
    }

    [Fact]
    public void A_step_that_was_all_but_done_does_not_hide_the_stall_after_it()
    {
        // Step 3 is committed 0.1 s after the fault, step 4 only 5 s later than it should be.
        var recovery = Assert.Single(RecoveryTimes.Of(Timeline(0, 0, 0, 5, 0, 0), [Kill(2.9)]));
        Assert.Equal(4.1, recovery.Seconds!.Value, 9);
    }

    [Fact]
    public void Nothing_after_the_fault_is_no_recovery() =>
        Assert.Null(Assert.Single(RecoveryTimes.Of(Timeline(0, 0), [Kill(2)])).Seconds);

    [Fact]
    public void Steps_that_are_done_again_count_and_are_no_progress()
    {
        List<Commit> timeline =
        [
            new(1, 1, 1, 4, 1), new(2, 2, 1, 4, 1), new(3, 3, 1, 4, 1),
            // Resumed from step 1.
            new(10, 2, 1, 4, 3), new(11, 3, 1, 4, 3), new(12, 4, 1, 4, 3), new(13, 5, 1, 4, 3),
        ];
        var recovery = Assert.Single(RecoveryTimes.Of(timeline, [new FaultMoment(3, FaultKind.KillCoordinator)]));
        Assert.Equal(new Recovery(FaultKind.KillCoordinator, 3, 8, 2, 2), recovery);
        Assert.Equal(2, RecoveryTimes.StepsRedone(timeline));
    }

    [Fact]
    public void Kinds_are_summed_up()
    {
        Recovery[] recoveries =
        [
            new(FaultKind.SlowLink, 1, 0.5, 0, 0), new(FaultKind.KillWorker, 2, 1, 1, 1), new(FaultKind.KillWorker, 3, 4, 2, 1), new(FaultKind.KillWorker, 4, null, 0, 0),
        ];
        Assert.Equal(
            [new RecoverySummary(FaultKind.KillWorker, 3, 1, 2.5, 4, 3), new RecoverySummary(FaultKind.SlowLink, 1, 0, 0.5, 0.5, 0)],
            RecoveryTimes.ByKind(recoveries));
        Assert.Equal((1.0, 4.0), (RecoveryTimes.MedianSeconds(recoveries), RecoveryTimes.WorstSeconds(recoveries)));
        Assert.Null(RecoveryTimes.WorstSeconds([]));
    }

    private static readonly Gen<(double[] Gaps, double[] Faults)> Runs =
        from gaps in Binary(0, 10).Array[1, 40]
        from faults in Binary(0, 300).Array[0, 20]
        select (gaps, faults.Order().ToArray());

    // Binary fractions, of which sums and differences are exact: a fault at the very moment of a commit stays one.
    private static Gen<double> Binary(int least, int most) => Gen.Int[least * 1024, most * 1024].Select(n => n / 1024.0);

    [Fact]
    public void Every_fault_is_answered_and_no_recovery_is_negative_or_longer_than_the_rest_of_the_run() =>
        Runs.Sample(run =>
        {
            var timeline = Timeline(run.Gaps);
            var recoveries = RecoveryTimes.Of(timeline, [.. run.Faults.Select(Kill)]);
            Assert.Equal(run.Faults, recoveries.Select(recovery => recovery.At));
            Assert.All(recoveries, recovery => Assert.Equal(recovery.At >= timeline[^1].At, recovery.Seconds is null));
            Assert.All(recoveries.Where(recovery => recovery.Seconds is not null), recovery => Assert.InRange(recovery.Seconds!.Value, 0, timeline[^1].At - recovery.At));
        });

    [Fact]
    public void A_run_at_its_pace_has_nothing_to_recover_from() =>
        Gen.Double[0, 20].Sample(at =>
            Assert.Equal(0, Assert.Single(RecoveryTimes.Of(Timeline(new double[30]), [Kill(at)])).Seconds!.Value, 9));

    [Fact]
    public void Shifting_the_clock_changes_nothing() =>
        (from run in Runs from shift in Binary(-100, 100) select (run, shift)).Sample(t =>
        {
            var timeline = Timeline(t.run.Gaps);
            var plain = RecoveryTimes.Of(timeline, [.. t.run.Faults.Select(Kill)]);
            var shifted = RecoveryTimes.Of([.. timeline.Select(commit => commit with { At = commit.At + t.shift })], [.. t.run.Faults.Select(at => Kill(at + t.shift))]);
            foreach (var (a, b) in plain.Zip(shifted))
                Assert.Equal(a.Seconds ?? -1, b.Seconds ?? -1, 6);
        });

    [Fact]
    public void A_longer_stall_never_looks_shorter() =>
        (from run in Runs from at in Gen.Int[0, 39] from longer in Gen.Double[0, 50] select (run, at, longer)).Sample(t =>
        {
            var longer = t.run.Gaps.ToArray();
            longer[t.at % longer.Length] += t.longer;
            FaultMoment[] faults = [Kill(0)];
            Assert.True(RecoveryTimes.Of(Timeline(longer), faults)[0].Seconds >= RecoveryTimes.Of(Timeline(t.run.Gaps), faults)[0].Seconds - 1e-9);
        });
}
