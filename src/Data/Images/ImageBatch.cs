using DyT.Config;

namespace DyT.Data.Images;

/// <summary>Micro-batches of a set as a model takes them: normalised, in training augmented. The same arguments give the same bits. Safe from several threads.</summary>
/// <param name="set">The images; disposed by its owner.</param>
/// <param name="scale">Of the training images, for both sets.</param>
/// <param name="augmentation">For <see cref="Train"/>.</param>
public sealed class ImageBatch(ImageSet set, ChannelScale scale, ImageAugmentation augmentation)
{
    private readonly ImageRenderer _renderer = new(set.Shape, scale);

    /// <summary>Writes a micro-batch to train on.</summary>
    /// <param name="images">(B) numbers of images.</param>
    /// <param name="keys">(B) keys of how they are shown (<see cref="ImageSampler.Images"/>).</param>
    /// <param name="pixels">[B, channels, height, width] normalised values.</param>
    /// <param name="labels">(B) classes.</param>
    /// <exception cref="UserErrorException">A label is no class: the set is damaged.</exception>
    public void Train(ReadOnlySpan<long> images, ReadOnlySpan<ulong> keys, Span<float> pixels, Span<long> labels)
    {
        if (keys.Length != images.Length) throw new ArgumentException($"{keys.Length} keys for {images.Length} images.", nameof(keys));
        CheckRoom(images.Length, pixels.Length, labels.Length);
        for (var j = 0; j < images.Length; j++) Write(images[j], augmentation.View(keys[j], set.Shape), j, pixels, labels);
    }

    /// <summary>Writes a micro-batch to validate on, each image as it is.</summary>
    /// <param name="images">(B) numbers of images (<see cref="EvalBatches.Items"/>).</param>
    /// <param name="pixels">[B, channels, height, width] normalised values.</param>
    /// <param name="labels">(B) classes.</param>
    /// <exception cref="UserErrorException">A label is no class: the set is damaged.</exception>
    public void Evaluate(ReadOnlySpan<long> images, Span<float> pixels, Span<long> labels)
    {
        CheckRoom(images.Length, pixels.Length, labels.Length);
        for (var j = 0; j < images.Length; j++) Write(images[j], ImageView.Whole(set.Shape), j, pixels, labels);
    }

    private void Write(long image, ImageView view, int j, Span<float> pixels, Span<long> labels)
    {
        labels[j] = set.Label(image);
        _renderer.Render(set.Pixels(image), view, pixels.Slice(j * set.Shape.Bytes, set.Shape.Bytes));
    }

    private void CheckRoom(int images, int pixels, int labels)
    {
        if (pixels != (long)images * set.Shape.Bytes || labels != images)
            throw new ArgumentException($"Room for {pixels} values and {labels} labels is not that of {images} images of {set.Shape}.", nameof(pixels));
    }
}
