using DyT.Training.Session;

namespace DyT.Training.Tests.Session;

public sealed class StepSeedTests
{
    [Fact]
    public void Every_micro_shard_of_every_step_has_a_seed_of_its_own()
    {
        var seeds = from seed in new long[] { 0, 1, 1337 } from step in Enumerable.Range(1, 200) from m in Enumerable.Range(0, 32) select StepSeed.Of(seed, step, m);
        var all = seeds.ToList();
        Assert.Equal(all.Count, all.Distinct().Count());
        Assert.All(all, s => Assert.True(s >= 0));
    }

    [Fact]
    public void A_seed_never_changes_from_one_version_to_the_next() => Assert.Equal(5954926056756135890, StepSeed.Of(1337, 1, 0)); // computed by another program
}
