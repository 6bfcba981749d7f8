using DyT.Collectives;
using DyT.Config;
using DyT.Model;
using DyT.Training.Data;
using DyT.Training.Runs;
using DyT.Training.Session;
using static TorchSharp.torch;

namespace DyT.Training.Calibration;

/// <summary>Another kind of site in a trained network: everything else is taken over, the new sites are fitted to the old ones in closed form.</summary>
public static class Conversion
{
    /// <summary>The run's configuration with sites of another kind everywhere; it trains from the start, without a stage before.</summary>
    public static RunConfig Configure(RunConfig source, SiteKind kind, double? alpha) => source with
    {
        Name = $"{source.Name}-to-{kind.ToString().ToLowerInvariant()}",
        Stages = new(),
        Model = source.Model with
        {
            Preset = null,
            Residual = source.Model.Residual with { Init = source.Model.Residual.Init == ResidualInit.ClosedForm ? ResidualInit.One : source.Model.Residual.Init }, // taken over as trained
            Site = source.Model.Site with
            {
                Kind = kind,
                Attention = null,
                Ffn = null,
                Final = null,
                AlphaAttention = alpha ?? source.Model.Site.AlphaAttention,
                AlphaOther = alpha ?? source.Model.Site.AlphaOther,
            },
        },
    };

    /// <summary>
    /// All weights that both have; of the sites gamma and beta, so that only the curve between them differs. The configurations must describe the same network but for its sites
    /// (<see cref="Check"/>).
    /// </summary>
    public static void Copy(TrainedRun source, TrainerState target)
    {
        foreach (var entry in target.Layout.Entries)
        {
            if (source.Parameters.Find(entry.Spec.Name) is null || entry.Spec.Kind == ParameterKind.SiteScalar)
                continue;
            var from = source.Layout[entry.Spec.Name];
            source.Parameters.Weights.Span.Slice(from.Offset, from.Length).CopyTo(target.Parameters.Weights.Span.Slice(entry.Offset, entry.Length));
        }
    }

    /// <summary>Refuses what would make another network of the same weights, or lose them again.</summary>
    /// <exception cref="UserErrorException">A setting of the network other than its sites differs from the source's, or there is a stage that fits the sites anew.</exception>
    public static void Check(RunConfig source, RunConfig converted)
    {
        var model = converted.Model;
        var expected = Configure(source, SiteKind.Dyt, null).Model;
        expected = expected with { Site = model.Site, Dropout = model.Dropout, Vit = expected.Vit with { DropPath = model.Vit.DropPath } };
        if (model != expected)
            throw new UserErrorException("--set: a conversion changes a network's sites and its noise in training alone; leave out other settings of 'model'.", UserErrorException.Usage);
        if (converted.Calibration is not null)
            throw new UserErrorException("--set: the sites are fitted by the conversion, and a stage 'calibrate' would do it again by other data; leave 'stages' out.", UserErrorException.Usage);
    }

    /// <summary>Fits the new sites to what the old ones give for the same inputs, site by site in forward order, earlier ones already replaced.</summary>
    public static CalibrationReport Fit(TrainedRun source, TrainerState target, RunConfig config, SessionData data, StageConfig stage, ICollective collective)
    {
        Tensor Old(string site, Tensor x) => Sites.At(site, source.Config.Model.Site, source.Parameters).Forward(x.to(ScalarType.Float32)).to(ScalarType.Float64);
        var shards = config.Train.MicroShards;
        var calibrator = new Calibrator(target.Network, target.Parameters, config.Model, k => data.Training(1 + k / shards, k % shards, out _), collective, Old);
        return calibrator.Run(stage);
    }
}
