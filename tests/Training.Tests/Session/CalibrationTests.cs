using System.Text.Json;
using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Calibration;
using DyT.Training.Data;
using DyT.Training.Session;
using DyT.Training.Tests.Gradients;

namespace DyT.Training.Tests.Session;

/// <summary>The stage before the first step: the same bits for any number of workers, whatever breaks it.</summary>
public sealed class CalibrationTests
{
    private const string Calibrated = "model.dropout=0 model.residual.kind=scalars model.residual.init=closed_form stages=[{kind:\tcalibrate,batches:\t5},{kind:\ttrain}]";

    private static string With(string site) => $"{Calibrated} model.site.kind={site} optimizer.alpha_lr_factor=0.001"; // b of dyisru is as small as its input here: a usual step would make it negative

    [Theory]
    [InlineData("dyt")]
    [InlineData("derf")]
    [InlineData("dyisru")]
    [InlineData("rmsnorm")]
    public void One_two_and_three_workers_end_with_the_same_weights(string site)
    {
        var alone = TestRun.Straight(With(site));
        foreach (var count in (int[])[2, 3])
        {
            using var run = new TestRun(With(site));
            using var members = new Members(run, count);
            members.Run(members.Plan(1, ShardRange.Even(4, count)));
            Assert.Equal(alone, run.WeightsHash);
        }

        Assert.NotEqual(TestRun.Straight("model.dropout=0 model.residual.kind=scalars optimizer.alpha_lr_factor=0.001 model.site.kind=" + site), alone);
    }

    [Theory]
    [InlineData("model.site.kind=dyt")]
    [InlineData("model.site.kind=derf")]
    [InlineData("model.arch=lstm\tmodel.position=none\tmodel.rnn.site_at=gates\tmodel.site.kind=dyt")] // where a site's input depends on its own output
    public void Inputs_that_are_computed_again_are_those_that_were_kept(string model)
    {
        float[] Weights(long mostKept)
        {
            using var run = new TestRun($"model.dropout=0 {model.Replace('\t', ' ')}");
            using var data = SessionData.Open(run.Config, _ => { });
            using var state = TrainerState.Create(run.Config, data.Shape);
            using var alone = new LocalCollective(new GenerationPlan("run", 1, 1, [new GenerationMember("w0", "127.0.0.1", 1, new ShardRange(0, 1))]));
            new Calibrator(state.Network, state.Parameters, run.Config.Model, k => data.Training(1, k, out _), alone, mostKept: mostKept).Run(new StageConfig { Kind = StageKind.Calibrate, Batches = 3 });
            return state.Parameters.Weights.ToArray();
        }

        var kept = Weights(1 << 26);
        Assert.Equal(kept, Weights(0));
        Assert.Equal(kept, Weights(16 * 16 * 2 * 2)); // some of them
    }

    [Theory]
    [InlineData("")]
    [InlineData("optimizer.sharding=zero1")]
    public void A_worker_lost_in_the_middle_changes_nothing(string sharding)
    {
        var alone = TestRun.Straight(With("dyt"));
        using var run = new TestRun($"{With("dyt")} {sharding}");
        using var members = new Members(run, 2) { Wrap = (rank, inner) => rank == 0 ? inner : new BreaksAt(inner, 9) };
        Assert.All(members.Attempt(members.Plan(1, ShardRange.Even(4, 2))).Failures, Assert.NotNull);
        Assert.Empty(run.Steps);
        members.Wrap = null;

        members.Run(members.Plan(2, ShardRange.Even(4, 2)));
        Assert.Equal(alone, run.WeightsHash);
        Assert.DoesNotContain(run.Notices, n => n.Contains("damaged", StringComparison.Ordinal));
    }

    [Fact]
    public void The_report_says_what_was_set()
    {
        using var run = new TestRun(With("dyt"));
        using (var session = run.Open())
            Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        var report = JsonSerializer.Deserialize<CalibrationReport>(File.ReadAllText(run.Folder.CalibrationFile), RunJson.Options)!;
        Assert.Equal(3, report.Sites.Count);
        Assert.Equal(2, report.Branches.Count);
        Assert.All(report.Sites, s => Assert.Equal(1, s.Alpha!.Value * s.Sigma, 1e-6));
        Assert.All(report.Sites, s => Assert.InRange(s.RSquared, 0.8, 0.999));
        Assert.All(report.Sites, s => Assert.InRange(s.Gamma!.Value, 1.2, 2)); // 1.54 for Gaussian inputs
        Assert.All(report.Branches, b => Assert.True(b.Scale > 0 && b.BranchRms > 0));
        // Two branches double the variance of the residual stream: each adds half of what there was at first.
        var first = report.Branches[0].StreamRms * report.Branches[0].StreamRms;
        Assert.Equal(1.5 * first, report.Branches[1].StreamRms * report.Branches[1].StreamRms, first * 1e-3);
    }

    [Fact]
    public void A_grid_takes_the_kappa_with_the_lowest_loss()
    {
        using var run = new TestRun("model.dropout=0 stages=[{kind:\tcalibrate,batches:\t3,kappa_grid:\t\"0.5,1,2\"},{kind:\ttrain}]");
        using (var session = run.Open())
            run.Run(session);
        var report = JsonSerializer.Deserialize<CalibrationReport>(File.ReadAllText(run.Folder.CalibrationFile), RunJson.Options)!;
        Assert.Equal([0.5, 1, 2], report.Tried.Select(t => t.Kappa));
        Assert.Equal(report.Tried.MinBy(t => t.Loss)!.Kappa, report.Kappa);
        Assert.All(report.Sites, s => Assert.Equal(report.Kappa, s.Alpha!.Value * s.Sigma, 1e-6));
    }

    /// <summary>Leaves as a killed process does, before its n-th exchange.</summary>
    private sealed class BreaksAt(ICollective inner, int exchange) : DelegatingCollective(inner)
    {
        private int _exchanges;

        public override void AllGather(ReadOnlyMemory<byte> own, Memory<byte> all)
        {
            if (++_exchanges == exchange)
            {
                Abort("test");
                throw new CollectiveAbortedException("test");
            }

            base.AllGather(own, all);
        }
    }
}
