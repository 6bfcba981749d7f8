using DyT.Config;

namespace DyT.Model.Tests;

public sealed class WorkerMemoryTests
{
    private static readonly TextShape Shape = new(100);

    private static WorkerMemory Of(OptimizerConfig optimizer, int workers = 4, int microShards = 1) =>
        WorkerMemory.Of(new RunConfig { Model = new ModelConfig { Layers = 2, DModel = 32, Heads = 2 }, Optimizer = optimizer, Cluster = new() { Workers = workers } }, Shape, microShards);

    [Theory]
    [InlineData(1, 1, 1.0)]
    [InlineData(4, 1, 0.5)] // its own quarter and a neighbour's
    [InlineData(4, 0, 0.25)]
    [InlineData(4, 7, 1.0)] // more replicas than others
    public void Sharded_moments_take_their_share(int workers, int replicas, double share)
    {
        var whole = Of(new OptimizerConfig(), workers);
        Assert.Equal(2 * whole.Weights, whole.OptimizerState);
        var sharded = Of(new OptimizerConfig { Sharding = OptimizerSharding.Zero1, Replicas = replicas }, workers);
        Assert.Equal(share * whole.OptimizerState, sharded.OptimizerState, 1.0);
        Assert.Equal(whole.Total - whole.OptimizerState, sharded.Total - sharded.OptimizerState);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 1)]
    [InlineData(5, 3)]
    public void Partial_sums_take_a_buffer_for_each_level_of_the_tree(int microShards, int buffers)
    {
        var memory = Of(new OptimizerConfig(), microShards: microShards);
        Assert.Equal(buffers * memory.Weights, memory.PartialSums);
    }
}
