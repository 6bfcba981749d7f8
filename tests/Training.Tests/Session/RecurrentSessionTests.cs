using DyT.Collectives;
using DyT.Runs;
using DyT.Training.Calibration;

namespace DyT.Training.Tests.Session;

/// <summary>A recurrent language model is a job like a GPT.</summary>
public sealed class RecurrentSessionTests
{
    [Theory]
    [InlineData("model.arch=lstm")]
    [InlineData("model.arch=gru model.bias=true")]
    [InlineData("model.arch=lstm model.rnn.site_at=gates model.site.kind=layernorm train.recompute=block")]
    [InlineData("model.arch=gru train.products=bf16")]
    [InlineData("model.arch=lstm model.rnn.site_at=gates train.products=bf16 train.recompute=block")]
    public void One_two_and_three_workers_end_with_the_same_weights(string settings)
    {
        settings += " model.dropout=0 model.layers=2 model.residual.kind=scalars train.steps=16 optimizer.lr=0.01";
        using var alone = new TestRun(settings);
        using (var session = alone.Open())
            Assert.Equal(RunOutcome.Finished, alone.Run(session).Outcome);
        foreach (var count in (int[])[2, 3])
        {
            using var run = new TestRun(settings);
            using var members = new Members(run, count);
            members.Run(members.Plan(1, ShardRange.Even(4, count)));
            Assert.Equal(alone.WeightsHash, run.WeightsHash);
        }

        Assert.True(alone.Steps[^1].Loss < alone.Steps[0].Loss - 0.2, $"{alone.Steps[0].Loss} to {alone.Steps[^1].Loss}");
    }

    [Fact]
    public void What_calibration_sets_does_not_depend_on_what_it_tried_before()
    {
        Dictionary<string, double> Set(string kappas, out double taken)
        {
            using var run = new TestRun($"model.arch=lstm model.rnn.site_at=gates train.steps=2 optimizer.lr=1e-12 stages=[{{kind:\tcalibrate,batches:\t2,kappa_grid:\t\"{kappas}\"}},{{kind:\ttrain}}]");
            using (var session = run.Open())
                Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
            var report = CalibrationReport.TryRead(run.Folder.CalibrationFile)!;
            taken = report.Kappa;
            return report.Sites.ToDictionary(s => s.Name, s => s.Sigma);
        }

        var several = Set("2,0.3,0.7", out var best);
        Assert.Equal(Set(best.ToString(System.Globalization.CultureInfo.InvariantCulture), out _), several);
    }

    [Fact]
    public void Its_sites_are_calibrated_the_inner_ones_too()
    {
        using var run = new TestRun("model.arch=gru model.rnn.site_at=gates stages=[{kind:\tcalibrate,batches:\t2},{kind:\ttrain}]");
        using (var session = run.Open())
            Assert.Equal(RunOutcome.Finished, run.Run(session).Outcome);
        var scalars = run.Steps[^1].Scalars!;
        Assert.All((string[])["model.layers.0.input_layernorm", "model.layers.0.rnn.gate_layernorm", "model.layers.0.rnn.candidate_layernorm"], site => Assert.NotEqual(0.5, scalars[site], 0.05));
    }
}
