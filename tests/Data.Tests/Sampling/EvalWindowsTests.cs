using CsCheck;

namespace DyT.Data.Tests;

public class EvalWindowsTests
{
    [Fact]
    public void Batches_cover_every_target_that_fits_once_in_order() =>
        Gen.Select(Gen.Int[0, 500], Gen.Int[1, 30], Gen.Int[1, 7]).Sample((tokens, block, microBatch) =>
        {
            var batches = Enumerable.Range(0, EvalWindows.BatchCount(tokens, block, microBatch, 0)).Select(b => EvalWindows.Offsets(tokens, block, microBatch, b)).ToArray();
            var expected = new List<long>();
            for (long start = 0; start + block + 1 <= tokens; start += block) expected.Add(start);
            Assert.Equal(expected, batches.SelectMany(b => b));
            Assert.All(batches.SkipLast(1), b => Assert.Equal(microBatch, b.Length));
            Assert.All(batches, b => Assert.NotEmpty(b));
        });

    [Fact]
    public void The_number_of_batches_can_be_bounded()
    {
        Assert.Equal(2, EvalWindows.BatchCount(1001, 10, 4, 2));
        Assert.Equal(25, EvalWindows.BatchCount(1001, 10, 4, 0));
        Assert.Equal(25, EvalWindows.BatchCount(1001, 10, 4, 99));
        Assert.Throws<ArgumentOutOfRangeException>(() => EvalWindows.Offsets(1001, 10, 4, 25));
    }
}
