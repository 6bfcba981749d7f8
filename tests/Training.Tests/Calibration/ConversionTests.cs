using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Runs;
using DyT.Training.Calibration;
using DyT.Training.Data;
using DyT.Training.Evaluation;
using DyT.Training.Runs;
using DyT.Training.Session;
using DyT.Training.Tests.Session;

namespace DyT.Training.Tests.Calibration;

public sealed class ConversionTests : IDisposable
{
    private readonly TestRun _run = new("model.dropout=0 model.site.kind=layernorm train.steps=60 train.eval_every=30 optimizer.lr=0.01");
    private readonly LocalCollective _alone = new(new GenerationPlan("convert", 1, 1, [new GenerationMember("convert", "localhost", 0, new ShardRange(0, 1))]));

    public ConversionTests()
    {
        using var session = _run.Open();
        Assert.Equal(RunOutcome.Finished, _run.Run(session).Outcome);
    }

    [Theory]
    [InlineData(SiteKind.Dyt, 0.3)]
    [InlineData(SiteKind.Derf, 0.3)]
    [InlineData(SiteKind.Dyisru, 0.6)] // with its default b it is nearly linear here, and so not far off
    public void Fitted_sites_cost_far_less_than_default_ones(SiteKind kind, double share)
    {
        var (before, standard) = Losses(kind, fitted: false);
        var (_, fitted) = Losses(kind, fitted: true);
        Assert.True(fitted - before < share * (standard - before), $"before {before}, default {standard}, fitted {fitted}");
    }

    [Fact]
    public void A_norm_is_fitted_to_a_point_wise_site_too()
    {
        using var run = new TestRun("model.dropout=0 model.site.kind=dyt train.steps=60 train.eval_every=30 optimizer.lr=0.01");
        using (var session = run.Open())
            run.Run(session);
        var (before, standard) = Losses(SiteKind.Layernorm, fitted: false, run);
        var (_, fitted) = Losses(SiteKind.Layernorm, fitted: true, run);
        Assert.True(fitted - before < 0.5 * (standard - before), $"before {before}, default {standard}, fitted {fitted}");
    }

    [Fact]
    public void A_norm_taken_over_as_it_is_costs_nothing()
    {
        var (before, after) = Losses(SiteKind.Layernorm, fitted: false);
        Assert.Equal(before, after);
    }

    [Fact]
    public void Only_sites_may_change()
    {
        var source = _run.Config with { Model = _run.Config.Model with { Residual = new ResidualConfig { Kind = ResidualKind.Scalars, Init = ResidualInit.ClosedForm } } };
        RunConfig Converted(params string[] more) => ConfigLoader.Parse(ConfigWriter.ToYaml(Conversion.Configure(source, SiteKind.Dyt, null), comments: false), "test", more);
        Conversion.Check(source, Converted()); // though its branches were once set by a stage that the new run does not have
        Conversion.Check(source, Converted("model.site.alpha_other=2", "model.dropout=0.3", "optimizer.lr=0.1"));
        foreach (var setting in (string[])["model.d_ff=32", "model.heads=4", "model.residual.init=zero", "stages=[{kind: calibrate}, {kind: train}]"])
            Assert.Contains("leave", Assert.Throws<UserErrorException>(() => Conversion.Check(source, Converted(setting))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sites_of_a_translator_are_fitted_to_what_stood_at_their_own_places()
    {
        using var scratch = new Scratch();
        File.WriteAllLines(scratch.At("pairs.tsv"), Enumerable.Range(0, 300).Select(i => $"{i}\t{i * 7 % 300}"));
        // dyt in the blocks, a norm behind the stacks: tanh(0.5 x) of small values is smaller by half than what a norm makes of them.
        using var run = new TestRun($"model.arch=seq2seq data.source={scratch.At("pairs.tsv")} data.pairs.bucket=2 model.position=sinusoidal model.dropout=0 model.site.kind=dyt model.site.final=layernorm");
        using (var session = run.Open())
            run.Run(session);
        using var source = run.OpenTrained();
        using var data = SessionData.Open(run.Config, _ => { });
        var config = Conversion.Configure(source.Config, SiteKind.Derf, alpha: null);
        using var state = TrainerState.Create(config, data.Shape);
        Conversion.Copy(source, state);
        var report = Conversion.Fit(source, state, config, data, new StageConfig { Kind = StageKind.Calibrate, Batches = 4 }, _alone);
        var cross = report.Sites.Where(s => s.Name.EndsWith("cross_layernorm", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(cross);
        Assert.All(cross, s => Assert.True(s.Gamma < 0.8, $"{s.Name}: {s.Gamma}"));
        Assert.All(report.Sites.Where(s => !s.Name.Contains("layers.", StringComparison.Ordinal)), s => Assert.True(s.Gamma > 1, $"{s.Name}: {s.Gamma}"));
    }

    private (double Before, double After) Losses(SiteKind kind, bool fitted, TestRun? run = null)
    {
        using var source = (run ?? _run).OpenTrained();
        var config = Conversion.Configure(source.Config, kind, alpha: null);
        using var data = SessionData.Open(config, _ => { });
        using var state = TrainerState.Create(config, data.Shape);
        Conversion.Copy(source, state);
        if (fitted)
            Conversion.Fit(source, state, config, data, new StageConfig { Kind = StageKind.Calibrate, Batches = 6 }, _alone);
        var evaluator = new Evaluator(data, 0);
        return (evaluator.Run(source.Network, _alone).Loss, evaluator.Run(state.Network, _alone).Loss);
    }

    public void Dispose()
    {
        _alone.Dispose();
        _run.Dispose();
    }
}
