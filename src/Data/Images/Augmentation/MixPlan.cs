namespace DyT.Data.Images;

/// <summary>How a micro-batch is mixed.</summary>
public enum MixKind
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>Every value is lambda of the image and 1 - lambda of its partner.</summary>
    Mixup,

    /// <summary>A box is the partner's; lambda is the share of the area outside.</summary>
    Cutmix,
}

/// <summary>Rows Top..Bottom-1 and columns Left..Right-1.</summary>
public readonly record struct MixBox(int Top, int Left, int Bottom, int Right)
{
    public int Area => (Bottom - Top) * (Right - Left);
}

/// <summary>
/// How the images of one micro-batch are mixed with one another: a pure function of (seed, step, micro-shard). The loss of image i is
/// lambda * loss(its class) + (1 - lambda) * loss(its partner's class).
/// </summary>
/// <param name="Kind">How.</param>
/// <param name="Count">B: images in the micro-batch.</param>
/// <param name="Shift">The partner of image i is i + Shift, modulo B; 0 only where nothing is mixed, so no image is its own partner.</param>
/// <param name="Lambda">Share of the image itself, 0..1.</param>
/// <param name="Box">What is the partner's in cutmix; otherwise empty.</param>
public sealed record MixPlan(MixKind Kind, int Count, int Shift, double Lambda, MixBox Box)
{
    // C libraries round logarithms differently in the last bit; no machine must see another share for that.
    private const double LambdaSteps = 1 << 16;

    /// <summary>The partner of an image.</summary>
    public int Partner(int image)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(image);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(image, Count);
        return (image + Shift) % Count;
    }

    /// <summary>Decides.</summary>
    /// <param name="options">What may be done.</param>
    /// <param name="seed">Seed of the run.</param>
    /// <param name="step">Step, from 0.</param>
    /// <param name="microShard">Micro-shard.</param>
    /// <param name="count">B: images in the micro-batch.</param>
    /// <param name="shape">Of an image.</param>
    public static MixPlan Draw(MixOptions options, long seed, long step, int microShard, int count, ImageShape shape)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MixupAlpha);
        ArgumentOutOfRangeException.ThrowIfNegative(options.CutmixAlpha);
        var none = new MixPlan(MixKind.None, count, 0, 1, default);
        var key = KeyedHash.Combine(unchecked((ulong)seed), 0x6D6978); // "mix"
        var random = new KeyedRandom(KeyedHash.Combine(KeyedHash.Combine(key, (ulong)step), (ulong)microShard));
        if (count == 1 || (options.MixupAlpha == 0 && options.CutmixAlpha == 0) || random.NextDouble() >= options.Probability) return none;
        var isCutmix = options.MixupAlpha == 0 || (options.CutmixAlpha > 0 && random.NextDouble() < options.CutmixShare);
        var shift = 1 + random.Next(count - 1);
        var lambda = Math.Round(random.NextBeta(isCutmix ? options.CutmixAlpha : options.MixupAlpha) * LambdaSteps) / LambdaSteps;
        if (!isCutmix) return new MixPlan(MixKind.Mixup, count, shift, lambda, default);
        var box = Cut(random, 1 - lambda, shape);
        return box.Area == 0 ? none : new MixPlan(MixKind.Cutmix, count, shift, 1 - ((double)box.Area / shape.PlaneBytes), box);
    }

    /// <summary>Writes the mixed micro-batch.</summary>
    /// <param name="images">[B, channels, height, width].</param>
    /// <param name="shape">Of an image.</param>
    /// <param name="mixed">The same shape, elsewhere in memory.</param>
    public void Apply(ReadOnlySpan<float> images, ImageShape shape, Span<float> mixed)
    {
        if (images.Length != (long)Count * shape.Bytes || mixed.Length != images.Length)
            throw new ArgumentException($"{images.Length} values to {mixed.Length} are not {Count} images of {shape}.", nameof(images));
        if (images.Overlaps(mixed)) throw new ArgumentException("The partners would be overwritten.", nameof(mixed));
        images.CopyTo(mixed);
        if (Kind == MixKind.None) return;
        for (var i = 0; i < Count; i++)
        {
            var partner = images.Slice(Partner(i) * shape.Bytes, shape.Bytes);
            var target = mixed.Slice(i * shape.Bytes, shape.Bytes);
            if (Kind == MixKind.Mixup) Blend(partner, target);
            else Paste(partner, shape, target);
        }
    }

    private static MixBox Cut(KeyedRandom random, double share, ImageShape shape)
    {
        var side = Math.Sqrt(share);
        var (halfHeight, halfWidth) = ((int)(shape.Height * side) / 2, (int)(shape.Width * side) / 2);
        var (y, x) = (random.Next(shape.Height), random.Next(shape.Width));
        return new MixBox(Math.Max(0, y - halfHeight), Math.Max(0, x - halfWidth), Math.Min(shape.Height, y + halfHeight), Math.Min(shape.Width, x + halfWidth));
    }

    private void Blend(ReadOnlySpan<float> partner, Span<float> target)
    {
        var (own, other) = ((float)Lambda, (float)(1 - Lambda));
        for (var i = 0; i < target.Length; i++) target[i] = (own * target[i]) + (other * partner[i]);
    }

    private void Paste(ReadOnlySpan<float> partner, ImageShape shape, Span<float> target)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var y = Box.Top; y < Box.Bottom; y++)
            {
                var at = (channel * shape.PlaneBytes) + (y * shape.Width) + Box.Left;
                partner.Slice(at, Box.Right - Box.Left).CopyTo(target[at..]);
            }
        }
    }
}
