using DyT.Cli.Views;

namespace DyT.Cli.Tests.Views;

public sealed class FormatTests
{
    [Theory]
    [InlineData(4.25, "4.3s")]
    [InlineData(42, "42s")]
    [InlineData(190, "3m10s")]
    [InlineData(7500, "2h05m")]
    [InlineData(273_600, "3d04h")]
    public void Durations_show_their_two_largest_units(double seconds, string expected) => Assert.Equal(expected, Format.Duration(TimeSpan.FromSeconds(seconds)));

    [Theory]
    [InlineData(950, "950")]
    [InlineData(12_345, "12.3k")]
    [InlineData(4_560_000, "4.56M")]
    [InlineData(7e9, "7.00G")]
    [InlineData(2.5e12, "2.50T")]
    public void Counts_have_a_unit_prefix(double value, string expected) => Assert.Equal(expected, Format.Count(value));

    [Theory]
    [InlineData(512, "512 B")]
    [InlineData(2048, "2.0 KiB")]
    [InlineData(314572800, "300 MiB")]
    [InlineData(1610612736, "1.5 GiB")]
    public void Bytes_are_in_binary_units(double value, string expected) => Assert.Equal(expected, Format.Bytes(value));
}
