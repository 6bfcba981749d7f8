using DyT.Cli.Views;

namespace DyT.Cli.Tests.Views;

public sealed class SparklineTests
{
    [Fact]
    public void Least_and_greatest_values_get_the_lowest_and_highest_bar() => Assert.Equal("▁▅█", Sparkline.Of([1, 2, 3], 10));

    [Fact]
    public void More_values_than_columns_are_averaged() => Assert.Equal("▁█", Sparkline.Of([1, 1, 3, 3], 2));

    [Fact]
    public void A_constant_is_a_flat_line() => Assert.Equal("▁▁▁", Sparkline.Of([5, 5, 5], 3));

    [Fact]
    public void Nothing_gives_nothing() => Assert.Equal("", Sparkline.Of([], 10));
}
