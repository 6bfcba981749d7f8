using CsCheck;
using DyT.Runs.Tracing;

namespace DyT.Training.Tests.Tracing;

public sealed class TraceAlignmentTests
{
    [Fact]
    public void Parts_of_one_host_keep_their_steady_clock_whatever_the_wall_clock_says()
    {
        // The wall clock was set back by an hour between the two.
        var offsets = TraceAlignment.Offsets([new("a", 5_000, 9e15), new("a", 2_000, 9e15 - 3.6e9)]);
        Assert.Equal([-2_000.0, -2_000.0], offsets);
    }

    [Fact]
    public void Hosts_are_set_against_each_other_by_their_wall_clocks()
    {
        // b's steady clock began 100 s after a's; its part begins 7 us after a's.
        var offsets = TraceAlignment.Offsets([new("a", 300e6, 1e15), new("b", 200e6, 1e15 + 7)]);
        Assert.Equal(0, 300e6 + offsets[0]);
        Assert.Equal(7, 200e6 + offsets[1]);
    }

    [Fact]
    public void The_earliest_part_begins_at_zero_and_the_order_of_the_parts_does_not_matter() =>
        Gen.Select(Gen.String[Gen.Char["abc"], 1, 1], Gen.Double[0, 1e12], Gen.Double[1e15, 2e15]).Array[1, 6].Sample(parts =>
        {
            // One anchor for each host, as one host's clocks have.
            var anchors = parts.GroupBy(p => p.Item1).ToDictionary(g => g.Key, g => g.First().Item3 - g.First().Item2);
            var clocks = parts.Select(p => new TraceClock(p.Item1, p.Item2, p.Item2 + anchors[p.Item1])).ToArray();
            var begins = clocks.Zip(TraceAlignment.Offsets(clocks), (c, o) => c.SteadyUs + o).ToArray();
            Array.Reverse(clocks);
            var reversed = clocks.Zip(TraceAlignment.Offsets(clocks), (c, o) => c.SteadyUs + o).Reverse().ToArray();
            Assert.Equal(0, begins.Min(), 1.0);
            for (var i = 0; i < begins.Length; i++)
                Assert.Equal(begins[i], reversed[i], 1.0); // a double of 10^15 microseconds tells quarters apart
        });
}
