namespace DyT.Collectives.Tests;

/// <summary>Measures what the whole process allocates, the links' threads included, so no other test may run meanwhile.</summary>
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
[Collection(nameof(AllocationTests))]
public sealed class AllocationTests
{
    [Fact]
    public void Steps_allocate_no_large_memory()
    {
        const int length = 100_000;
        var ranges = ShardRange.Even(4, 2);
        using var generation = Generation.Open(ranges);
        var buffers = ranges.Select(r => TreeReference.Partials(r, 4, length)).ToArray();
        void Rounds(int count) => generation.Each(c =>
        {
            for (var i = 0; i < count; i++)
                c.AllReduce(buffers[c.Rank], buffers[c.Rank][0]);
        });
        Rounds(20);
        var before = GC.GetTotalAllocatedBytes(precise: true);
        Rounds(200);
        var perRound = (GC.GetTotalAllocatedBytes(precise: true) - before) / 200;
        Assert.True(perRound < length * sizeof(float) / 10, $"{perRound} bytes are allocated per all-reduce");
    }
}
