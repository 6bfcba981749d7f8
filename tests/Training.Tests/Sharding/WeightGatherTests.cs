using DyT.Collectives;
using DyT.Training.Gradients;
using DyT.Training.Optimization;
using DyT.Training.Sharding;
using DyT.Training.Tests.Gradients;

namespace DyT.Training.Tests.Sharding;

public sealed class WeightGatherTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly FlatRange[] Blocks = [new(0, 16), new(16, 32), new(32, 40)];

    /// <summary>Fills each block that it gathers with ones, when it may.</summary>
    private sealed class Gated() : DelegatingCollective(new LocalCollective(new GenerationPlan("run", 1, 1, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, 1))])))
    {
        public SemaphoreSlim Gate { get; } = new(0);

        public override void AllGather(Memory<float> whole)
        {
            Assert.True(Gate.Wait(Patience));
            whole.Span.Fill(1);
        }
    }

    [Fact]
    public void Forward_waits_for_the_blocks_that_it_reads_and_not_for_others()
    {
        using var thread = new CommunicationThread();
        var weights = new float[40];
        var collective = new Gated();
        var gather = new WeightGather(collective, weights, Blocks, neededBy: [3, 2, 1], thread, null);
        gather.Complete(); // nothing was begun
        for (var step = 0; step < 20; step++)
        {
            weights.AsSpan().Clear();
            gather.Begin();
            Assert.True(gather.IsPending);
            foreach (var (mark, there) in ((int, int)[])[(2, 16), (1, 32), (0, 40)])
            {
                var forward = new Thread(() => gather.Await(mark));
                forward.Start();
                Assert.True(SpinWait.SpinUntil(() => forward.ThreadState.HasFlag(ThreadState.WaitSleepJoin), Patience));
                Assert.Equal(0, weights[there - 1]);
                collective.Gate.Release();
                Assert.True(forward.Join(Patience));
                Assert.Equal(1, weights[there - 1]);
            }

            gather.Complete();
            Assert.False(gather.IsPending);
        }
    }

    [Fact]
    public void Without_a_thread_all_is_there_when_it_has_begun()
    {
        var weights = new float[40];
        var collective = new Gated();
        collective.Gate.Release(Blocks.Length);
        var gather = new WeightGather(collective, weights, Blocks, neededBy: [3, 2, 1], null, null);
        gather.Begin();
        Assert.False(gather.IsPending);
        Assert.All(weights, w => Assert.Equal(1, w));
    }
}
