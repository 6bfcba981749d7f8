using CsCheck;

namespace DyT.Collectives.Tests;

public class ChunkPlanTests
{
    [Fact]
    public void Chunks_tile_every_ranks_slice_in_order() => Gen.Select(Gen.Int[0, 40_000], Gen.Int[1, 9], Gen.Int[1, 5000]).Sample((length, worldSize, floats) =>
    {
        var plan = new ChunkPlan(length, worldSize, floats);
        for (var rank = 0; rank < worldSize; rank++)
        {
            var (start, end) = Slicing.Of(length, rank, worldSize);
            var at = start;
            for (var chunk = 0; chunk < plan.Most; chunk++)
            {
                var (begin, count) = plan.At(rank, chunk);
                if (count == 0)
                    continue;
                Assert.Equal(at, begin);
                Assert.Equal(start + plan.Offset(chunk), begin);
                Assert.InRange(count, 1, floats);
                at += count;
            }

            Assert.Equal(end, at);
            Assert.Equal(0, plan.At(rank, plan.Most).Length);
            Assert.Equal(0, plan.At(rank, -1).Length);
        }
    });
}
