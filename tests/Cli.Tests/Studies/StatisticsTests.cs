using CsCheck;
using DyT.Cli.Studies.Statistics;

namespace DyT.Cli.Tests.Studies;

public sealed class StatisticsTests
{
    [Fact]
    public void Mean_and_deviation_are_those_of_the_textbook()
    {
        var spread = Spread.Of([2, 4, 4, 4, 5, 5, 7, 9])!;
        Assert.Equal((8, 5.0), (spread.Count, spread.Mean));
        Assert.Equal(Math.Sqrt(32.0 / 7), spread.Deviation!.Value, 12);
        Assert.Null(Spread.Of([1])!.Deviation);
        Assert.Null(Spread.Of([]));
    }

    [Fact]
    public void Fewer_than_three_pairs_are_no_evidence() => Assert.Null(PairedBootstrap.Of([1, 2]));

    [Fact]
    public void Three_pairs_are_resampled_in_all_27_ways()
    {
        // All means are above 0: no resample contradicts, and 2 (0 + 1) / (27 + 1) is the least that 27 can show.
        var test = PairedBootstrap.Of([1, 2, 3])!;
        Assert.Equal((3, 2.0), (test.Pairs, test.Mean));
        Assert.Equal(2.0 / 28, test.P, 12);
        // The sorted means start 1, 4/3, ... and end ..., 8/3, 3; 0.025 of 26 gaps is 0.65.
        Assert.Equal(1 + 0.65 / 3, test.Low, 12);
        Assert.Equal(3 - 0.65 / 3, test.High, 12);
    }

    [Fact]
    public void Equal_numbers_of_either_sign_show_nothing() => Assert.Equal(1, PairedBootstrap.Of([-1, 1, -2, 2])!.P);

    [Fact]
    public void No_difference_at_all_shows_nothing() => Assert.Equal(1, PairedBootstrap.Of([0, 0, 0])!.P);

    [Fact]
    public void The_sign_of_the_differences_turns_the_interval_over() =>
        Gen.Double[-10, 10].Array[3, 6].Sample(d =>
        {
            var plus = PairedBootstrap.Of(d)!;
            var minus = PairedBootstrap.Of([.. d.Select(x => -x)])!;
            Assert.Equal(plus.P, minus.P, tolerance: 1e-9);
            Assert.Equal(plus.Low, -minus.High, tolerance: 1e-9);
            Assert.InRange(plus.Mean, plus.Low - 1e-9, plus.High + 1e-9);
        }, iter: 50);

    [Fact]
    public void Many_pairs_give_an_interval_near_the_normal_one()
    {
        var random = new Random(3);
        var d = Enumerable.Range(0, 200).Select(_ => 0.5 + random.NextDouble()).ToArray();
        var test = PairedBootstrap.Of(d)!;
        var spread = Spread.Of(d)!;
        var half = 1.96 * spread.Deviation!.Value / Math.Sqrt(200);
        Assert.Equal(spread.Mean - half, test.Low, half * 0.1);
        Assert.Equal(spread.Mean + half, test.High, half * 0.1);
        Assert.True(test.P < 0.001);
    }

    [Fact]
    public void A_mean_curve_has_the_places_that_all_runs_have()
    {
        var curve = MeanCurve.Of([[(1, 2), (2, 4), (3, 9)], [(1, 4), (2, double.NaN), (3, 11)]]);
        Assert.Equal([(1.0, 3.0), (3.0, 10.0)], curve.Select(p => (p.X, p.Mean)));
        Assert.Equal(Math.Sqrt(2), curve[0].Deviation, 12);
    }
}
