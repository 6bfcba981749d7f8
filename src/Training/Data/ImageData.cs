using System.Runtime.InteropServices;
using DyT.Config;
using DyT.Data;
using DyT.Data.Images;
using DyT.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Training.Data;

/// <summary>Labelled images for a classifier.</summary>
public sealed class ImageData : SessionData
{
    private readonly RunConfig _config;
    private readonly PreparedImages _prepared;
    private readonly ImageSet _train;
    private readonly ImageSet _validation;
    private readonly ImageBatch _trainBatch;
    private readonly ImageBatch _validationBatch;
    private readonly ImageSampler _sampler;
    private readonly MixOptions _mix;
    private readonly long[] _images; // of one micro-shard
    private readonly ulong[] _keys;

    private ImageData(RunConfig config, PreparedImages prepared, ImageSet train, ImageSet validation)
    {
        var images = config.Data.Images;
        var augmentation = new ImageAugmentation(images.Padding, images.MinScale, images.Mirror);
        (_config, _prepared, _train, _validation) = (config, prepared, train, validation);
        _trainBatch = new ImageBatch(train, prepared.Scale, augmentation);
        _validationBatch = new ImageBatch(validation, prepared.Scale, augmentation);
        _sampler = new ImageSampler(config.Seed, train.Count, config.Train.MicroBatch, config.Train.MicroShards);
        _mix = new MixOptions(images.Mixup, images.Cutmix, images.MixProbability);
        _images = new long[config.Train.MicroBatch];
        _keys = new ulong[config.Train.MicroBatch];
        Vocabulary = new ImageVocabulary(prepared.Shape.Channels, prepared.Shape.Height, prepared.ClassNames, prepared.Scale);
    }

    public override ImageVocabulary Vocabulary { get; }

    public override string Place => _prepared.Folder;

    public override string ContentHash => _prepared.ContentHash;

    /// <inheritdoc cref="SessionData.Open"/>
    public static new ImageData Open(RunConfig config, Action<string> log)
    {
        var (data, images) = (config.Data, config.Data.Images);
        if (images.Size is null && images.Colour is not null)
            throw new UserErrorException("data.images.colour needs data.images.size beside it.", UserErrorException.Usage);
        var prepared = ImagePreparer.Prepare(new ImageDataOptions(data.Source, data.Cache, images.Size, images.Colour, data.ValFraction), config.Seed, log, CancellationToken.None);
        if (prepared.Shape.Height != prepared.Shape.Width)
            throw new UserErrorException($"data.source: the images of '{data.Source}' are {prepared.Shape}, but a vit takes square ones: set data.images.size.", UserErrorException.Usage);
        if (prepared.Shape.Height % config.Model.Vit.Patch != 0)
            throw new UserErrorException($"model.vit.patch ({config.Model.Vit.Patch}) must divide the images' side of {prepared.Shape.Height} pixels.", UserErrorException.Usage);
        if (prepared.ValImages == 0)
            throw new UserErrorException($"data.source: '{data.Source}' has no images to validate on: raise data.val_fraction.");
        var train = ImageSet.Open(prepared.TrainSet);
        try
        {
            return new ImageData(config, prepared, train, ImageSet.Open(prepared.ValSet));
        }
        catch
        {
            train.Dispose();
            throw;
        }
    }

    public override long TrainingTokens(ModelConfig model) => _train.Count * Shape.TokensPerSample(model);

    public override int EvaluationBatches(int most) => EvalBatches.Count(_validation.Count, _config.Train.MicroBatch, most);

    public override MicroBatch Evaluation(int batch)
    {
        var items = EvalBatches.Items(_validation.Count, _config.Train.MicroBatch, batch);
        var (pixels, labels) = Empty(items.Length);
        _validationBatch.Evaluate(items, Floats(pixels), Longs(labels));
        return new ImagesBatch(pixels, labels);
    }

    public override MicroBatch Training(long step, int microShard, out ulong digest)
    {
        _sampler.Images(step - 1, microShard, _images, _keys);
        digest = SampleDigest.Of(step, microShard, _images);
        var (pixels, labels) = Empty(_images.Length);
        _trainBatch.Train(_images, _keys, Floats(pixels), Longs(labels));
        var plan = MixPlan.Draw(_mix, _config.Seed, step - 1, microShard, _images.Length, _prepared.Shape);
        if (plan.Kind == MixKind.None)
            return new ImagesBatch(pixels, labels);
        var mixed = empty_like(pixels);
        plan.Apply(Floats(pixels), _prepared.Shape, Floats(mixed));
        return new ImagesBatch(mixed, labels, labels.roll(-plan.Shift, 0), full([_images.Length], (float)plan.Lambda));
    }

    public override ulong ExpectedDigest(long step) => SampleDigest.Expected(_sampler, step, _config.Train.MicroShards, _config.Train.MicroBatch);

    protected override void Dispose(bool disposing)
    {
        _train.Dispose();
        _validation.Dispose();
    }

    private (Tensor Pixels, Tensor Labels) Empty(int count) =>
        (empty([count, _prepared.Shape.Channels, _prepared.Shape.Height, _prepared.Shape.Width]), empty([count], ScalarType.Int64));

    // Both are new and contiguous: their memory, not copies.
    private static Span<float> Floats(Tensor pixels) => MemoryMarshal.Cast<byte, float>(pixels.bytes);

    private static Span<long> Longs(Tensor labels) => MemoryMarshal.Cast<byte, long>(labels.bytes);
}
