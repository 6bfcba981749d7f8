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
        Directory.CreateDirectory(_run.Folder.Path);
        File.WriteAllText(_run.Folder.ConfigFile, ConfigWriter.ToYaml(_run.Config, comments: false));
        using var data = SessionData.Open(_run.Config, _ => { });
        data.Vocabulary.Save(_run.Folder.Vocabulary);
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
    public void A_norm_taken_over_as_it_is_costs_nothing()
    {
        var (before, after) = Losses(SiteKind.Layernorm, fitted: false);
        Assert.Equal(before, after);
    }

    private (double Before, double After) Losses(SiteKind kind, bool fitted)
    {
        using var source = TrainedRun.Open(_run.Folder.Path, Assert.Fail);
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
