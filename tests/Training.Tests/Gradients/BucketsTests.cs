using CsCheck;
using DyT.Training.Gradients;

namespace DyT.Training.Tests.Gradients;

public sealed class BucketsTests
{
    [Fact]
    public void Buckets_tile_the_buffer_from_its_end_and_start_at_multiples_of_sixteen() =>
        (from length in Gen.Int[0, 10_000] from size in Gen.Int[1, 3000] select (length, size)).Sample(t =>
        {
            var end = t.length;
            foreach (var (start, count) in Buckets.Of(t.length, t.size))
            {
                Assert.Equal(end, start + count);
                Assert.True(count > 0 && start % 16 == 0);
                Assert.True(count <= Math.Max(16, t.size + 15));
                end = start;
            }

            Assert.Equal(0, end);
        });
}
