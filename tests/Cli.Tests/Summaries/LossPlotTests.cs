using DyT.Cli.Summaries;

namespace DyT.Cli.Tests.Summaries;

public sealed class LossPlotTests
{
    [Fact]
    public void A_png_of_the_wanted_size_is_written()
    {
        using var scratch = new Scratch();
        var steps = Enumerable.Range(1, 2000).Select(s => Steps.Step(s, 1.5 + 3 * Math.Exp(-s / 300.0) + 0.15 * Math.Sin(s * 1.7) * Math.Cos(s * 0.37), s % 100 == 0 ? 1.6 + 3 * Math.Exp(-s / 300.0) : null)).ToArray();
        var file = scratch.File("loss.png");
        Assert.True(LossPlot.Write(steps, "quickstart-20260102-030405", file));
        var bytes = File.ReadAllBytes(file);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A], bytes[..8]);
        Assert.Equal(1000, BigEndian(bytes.AsSpan(16, 4)));
        Assert.Equal(600, BigEndian(bytes.AsSpan(20, 4)));
    }

    [Fact]
    public void Losses_that_are_not_numbers_are_left_out_and_nothing_is_drawn_of_nothing()
    {
        using var scratch = new Scratch();
        Assert.True(LossPlot.Write([Steps.Step(1, 2), Steps.Step(2, double.NaN), Steps.Step(3, double.PositiveInfinity)], "one", scratch.File("one.png")));
        Assert.False(LossPlot.Write([Steps.Step(1, double.NaN)], "none", scratch.File("none.png")));
        Assert.False(File.Exists(scratch.File("none.png")));
    }

    private static int BigEndian(ReadOnlySpan<byte> bytes) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(bytes);
}
