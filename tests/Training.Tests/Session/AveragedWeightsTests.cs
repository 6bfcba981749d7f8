using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Runs;

namespace DyT.Training.Tests.Session;

/// <summary>The moving average of the weights (<c>optimizer.ema</c>): what it changes, and what it must not.</summary>
public sealed class AveragedWeightsTests
{
    private const string Settings = "model.dropout=0 optimizer.ema=0.8 optimizer.lr=0.02";

    [Fact]
    public void Training_is_as_without_it_and_the_average_is_what_is_evaluated()
    {
        using var run = new TestRun(Settings);
        using (var session = run.Open())
            run.Run(session);
        Assert.Equal(TestRun.Straight("model.dropout=0 optimizer.lr=0.02"), run.WeightsHash);
        using var without = new TestRun("model.dropout=0 optimizer.lr=0.02");
        using (var session = without.Open())
            without.Run(session);
        Assert.NotEqual(without.Steps[^1].ValLoss, run.Steps[^1].ValLoss);

        // A command that opens the run takes the average too.
        using var data = SessionData.Open(run.Config, _ => { });
        using var trained = run.OpenTrained();
        using var alone = new LocalCollective(new GenerationPlan("run", 1, 1, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, 1))]));
        Assert.Equal(run.Steps[^1].ValLoss, new Evaluator(data, run.Config.Train.EvalBatches).Run(trained.Network, alone).Loss);
    }

    [Fact]
    public void Workers_share_it_and_a_resumed_run_goes_on_with_it()
    {
        using var alone = new TestRun(Settings);
        using (var session = alone.Open())
            alone.Run(session);
        using var run = new TestRun(Settings);
        Assert.Equal(RunOutcome.Stopped, run.RunUntilAfter(5).Outcome);

        using (var members = new Members(run, 3))
            members.Run(members.Plan(1, ShardRange.Even(4, 3)));
        Assert.Equal(alone.WeightsHash, run.WeightsHash);
        Assert.Equal(alone.Steps.Select(s => s.ValLoss), run.Steps.Select(s => s.ValLoss));
    }
}
