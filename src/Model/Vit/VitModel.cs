using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model;

/// <summary>A vision transformer (arXiv 2010.11929): patches to tokens, blocks that see all of them, and a linear classifier.</summary>
/// <remarks>The mean over patches is taken before the final site where <see cref="PoolKind.Mean"/> is the pool, as the published DyT recipe does (its <c>fc_norm</c>).</remarks>
public sealed class VitModel : INetwork
{
    private const int TopK = 5;
    private readonly ModelConfig _model;
    private readonly ImagesShape _images;
    private readonly RecomputeKind _recompute;
    private readonly double _smoothing;
    private readonly Linear _patches;
    private readonly Tensor? _classToken; // [C]
    private readonly Tensor? _learned; // [T, C]
    private readonly PatchPositions? _sinusoidal;
    private readonly TransformerBlock[] _blocks;
    private readonly ISite _finalSite;
    private readonly Linear _classifier;

    /// <param name="model">The architecture.</param>
    /// <param name="images">What it sees.</param>
    /// <param name="parameters">Its weights; they outlive the model.</param>
    /// <param name="recompute">What backward computes again in place of keeping it.</param>
    /// <param name="smoothing">Share of the target's probability that is spread over all classes, in training.</param>
    public VitModel(ModelConfig model, ImagesShape images, ParameterSet parameters, RecomputeKind recompute = RecomputeKind.None, double smoothing = 0)
    {
        (_model, _images, _recompute, _smoothing) = (model, images, recompute, smoothing);
        _patches = new Linear(parameters, VitParameters.PatchEmbedding);
        _classToken = parameters.Find(VitParameters.ClassToken);
        _learned = parameters.Find(Names.Positions);
        _sinusoidal = model.Position == PositionKind.Sinusoidal ? new PatchPositions(images.Size / model.Vit.Patch, model.DModel) : null;
        _blocks = [.. Enumerable.Range(0, model.Layers).Select(layer => new TransformerBlock(model, parameters, BlockPlace.Of(model, layer), null, Probe, causal: false, DropPath(layer)))];
        _finalSite = Sites.Create(Names.FinalSite, model.Site.EffectiveFinal, model.Site, parameters, Probe);
        _classifier = new Linear(parameters, Names.Classifier);
    }

    public NetworkProbe Probe { get; } = new();

    public IReadOnlyList<string> ScoreNames { get; } = ["nats", "images", "top1", "top5"];

    /// <summary>Scores of the classes: pixels [B, Channels, S, S] to [B, classes].</summary>
    public Tensor Logits(Tensor pixels, bool training = false, IStepProgress? progress = null)
    {
        using var scope = NewDisposeScope();
        var batch = pixels.shape[0];
        var x = _patches.Forward(Patched(pixels)); // [B, patches, C]
        if (_sinusoidal is not null)
            x = x.add(_sinusoidal.Table);
        if (_classToken is not null)
            x = cat([_classToken.view(1, 1, -1).expand(batch, 1, -1), x], 1);
        if (_learned is not null)
            x = x.add(_learned);
        x = Dropout.Apply(x, _model.Dropout, training);
        foreach (var block in _blocks)
            x = training && _recompute == RecomputeKind.Block ? block.ForwardRecomputed(x, null, progress) : block.Forward(x, null, training, progress);
        x = PassMark.Put(x, progress, GradientMarks.Head);
        x = _model.Vit.Pool == PoolKind.Class ? x.select(1, 0) : x.mean([1L]); // [B, C]
        return _classifier.Forward(_finalSite.Forward(x)).MoveToOuterDisposeScope();
    }

    public Tensor Loss(MicroBatch batch, bool training, IStepProgress? progress = null)
    {
        var images = Images(batch);
        using var scope = NewDisposeScope();
        var log = nn.functional.log_softmax(Logits(images.Pixels, training, progress), 1); // [B, classes]
        var smoothing = training ? _smoothing : 0;
        var loss = Nats(log, images.Labels, smoothing);
        if (images.Others is not null)
            loss = loss.mul(images.Share!).add(Nats(log, images.Others, smoothing).mul(images.Share!.neg().add(1)));
        return loss.mean().MoveToOuterDisposeScope();
    }

    public void Score(MicroBatch batch, Span<double> sums)
    {
        var images = Images(batch);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var logits = Logits(images.Pixels);
        var labels = images.Labels.unsqueeze(1); // [B, 1]
        sums[0] = Nats(nn.functional.log_softmax(logits, 1), images.Labels, 0).to(ScalarType.Float64).sum().item<double>();
        sums[1] = images.Labels.shape[0];
        var best = logits.topk((int)Math.Min(TopK, logits.shape[1]), 1).indexes; // [B, k]
        sums[2] = best.narrow(1, 0, 1).eq(labels).sum().item<long>();
        sums[3] = best.eq(labels).sum().item<long>();
    }

    /// <summary>For each image its class and the one that the network takes it for; without gradients or dropout.</summary>
    public IEnumerable<(int Label, int Predicted)> Classify(ImagesBatch batch)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var predicted = Logits(batch.Pixels).argmax(1).data<long>().ToArray();
        return batch.Labels.data<long>().ToArray().Zip(predicted, (label, best) => ((int)label, (int)best));
    }

    public void Dispose() => _sinusoidal?.Dispose();

    /// <summary>Stochastic depth rises linearly with the layers, as its paper has it.</summary>
    private double DropPath(int layer) => _model.Layers == 1 ? _model.Vit.DropPath : _model.Vit.DropPath * layer / (_model.Layers - 1);

    /// <summary>[B, Channels, S, S] to [B, patches, Channels * P * P], row by row.</summary>
    private Tensor Patched(Tensor pixels)
    {
        var (patch, side) = (_model.Vit.Patch, _images.Size / _model.Vit.Patch);
        return pixels.view(-1, _images.Channels, side, patch, side, patch).permute(0, 2, 4, 1, 3, 5).reshape(-1, side * side, _images.Channels * patch * patch);
    }

    /// <summary>Per image: log-probabilities [B, classes] and labels [B] to [B].</summary>
    private static Tensor Nats(Tensor log, Tensor labels, double smoothing)
    {
        var nats = log.gather(1, labels.unsqueeze(1)).squeeze(1).neg();
        return smoothing == 0 ? nats : nats.mul(1 - smoothing).sub(log.mean([1L]).mul(smoothing));
    }

    private static ImagesBatch Images(MicroBatch batch) => batch as ImagesBatch ?? throw new ArgumentException("a ViT learns from images", nameof(batch));
}
