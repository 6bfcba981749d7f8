using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class StateTransferTests
{
    [Theory]
    [InlineData(new long[] { 0 }, 0)]
    [InlineData(new long[] { 3, 3, 3 }, 0)]
    [InlineData(new long[] { 0, 7, 7, 6 }, 1)]
    [InlineData(new long[] { 5, 4, 9 }, 2)]
    public void The_lowest_rank_with_the_highest_step_is_the_source(long[] steps, int source) => Assert.Equal(source, StateTransfer.Source(steps));
}
