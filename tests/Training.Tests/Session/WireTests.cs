using DyT.Collectives;
using DyT.Collectives.Tcp;
using DyT.Config;
using DyT.Runs;

namespace DyT.Training.Tests.Session;

/// <summary>Runs whose gradients travel as bf16.</summary>
public sealed class WireTests
{
    // Buckets of more than what goes as fp32 because it is small.
    private const string Settings = "model.dropout=0 model.layers=2 model.d_model=64 train.steps=30 train.eval_every=0 reproducible=false";

    [Theory]
    [InlineData(2)]
    [InlineData(3)] // the third observes
    public void Workers_learn_and_every_audit_finds_equal_weights(int count)
    {
        using var exact = new TestRun(Settings);
        using (var session = exact.Open())
            Assert.Equal(RunOutcome.Finished, exact.Run(session).Outcome);

        using var run = new TestRun($"{Settings} cluster.wire=bf16 guard.audit_every=1");
        using var members = new Members(run, count, new DataPlaneOptions { Transport = DataTransport.Tcp, Wire = run.Config.Cluster.Wire });
        ShardRange[] ranges = [new(0, 1), new(1, 4), new(4, 4)];
        var ends = members.Run(members.Plan(1, ranges[..count]));
        Assert.All(ends, e => Assert.Equal(RunOutcome.Finished, Assert.IsType<SessionEnd>(e).Outcome));

        Assert.All(members.Runs, r => Assert.Empty(r.Notices)); // an audit that finds a difference says so
        Assert.Single(members.Sessions.Select(s => s.WeightsHash()).Distinct());
        Assert.NotEqual(exact.WeightsHash, run.WeightsHash); // or nothing was rounded
        Assert.True(run.Steps[^1].Loss < 0.9 * run.Steps[0].Loss, $"the loss went from {run.Steps[0].Loss} to {run.Steps[^1].Loss}");
        Assert.Equal(exact.Steps[0].Loss, run.Steps[0].Loss); // losses are exchanged as they are
        Assert.All(exact.Steps.Zip(run.Steps), s => Assert.Equal(s.First.Loss, s.Second.Loss, 0.02 * s.First.Loss));
    }
}
