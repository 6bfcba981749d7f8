using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class OverlappingTests
{
    [Theory]
    [InlineData(false, 8, 16, 8, true)] // the network moves bytes by itself
    [InlineData(true, 2, 1, 2, false)] // every core computes
    [InlineData(true, 3, 2, 4, false)]
    [InlineData(true, 2, 1, 4, true)] // there are cores for it
    [InlineData(true, 1024, 4_000_000, 8, false)] // no overflow
    public void Communication_goes_on_beside_computing_where_that_pays(bool sharesMemory, int computing, int threads, int processors, bool pays) =>
        Assert.Equal(pays, Overlapping.Pays(sharesMemory, computing, threads, processors));
}
