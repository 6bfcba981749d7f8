using DyT.Config;
using DyT.Training.Optimization;

namespace DyT.Training.Tests.Optimization;

public sealed class GuardTests
{
    private static readonly GuardConfig Config = new() { LossSpike = 3, Window = 5 };

    [Theory]
    [InlineData(double.NaN, 1)]
    [InlineData(double.PositiveInfinity, 1)]
    [InlineData(1, double.NaN)]
    [InlineData(1, double.NegativeInfinity)]
    public void Numbers_that_are_none_are_found_at_once(double loss, double norm) => Assert.NotNull(new LossGuard(Config).Check(loss, norm));

    [Fact]
    public void A_spike_is_called_only_after_the_window_and_is_not_remembered()
    {
        var guard = new LossGuard(Config);
        Assert.Null(guard.Check(100, 1)); // a high start is no spike
        for (var i = 0; i < 4; i++)
            Assert.Null(guard.Check(2, 1));
        Assert.Null(guard.Check(6, 1)); // exactly 3 times the median
        var before = guard.History;
        Assert.Contains("guard.loss_spike", guard.Check(6.01, 1), StringComparison.Ordinal);
        Assert.Equal(before, guard.History);
    }

    [Fact]
    public void A_restored_guard_says_the_same()
    {
        var guard = new LossGuard(Config);
        for (var i = 0; i < 7; i++)
            guard.Check(1 + i, 1);
        var restored = new LossGuard(Config);
        restored.Restore(guard.History);
        Assert.Equal(guard.Check(15, 1), restored.Check(15, 1));
        Assert.NotNull(restored.Check(19, 1)); // three times the median 6 is 18
    }

    [Fact]
    public void Patience_counts_from_the_best()
    {
        var best = new BestTracker(patience: 2);
        Assert.False(best.Record(10, 3));
        Assert.False(best.Record(20, 3));
        Assert.False(best.Record(30, 2.9));
        Assert.False(best.Record(40, 2.95));
        Assert.True(best.Record(50, 2.9));
        Assert.Equal((2.9, 30L), (best.Loss!.Value, best.Step!.Value));
    }
}
