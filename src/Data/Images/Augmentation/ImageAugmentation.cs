namespace DyT.Data.Images;

/// <summary>What is random in how a training image is shown. Of <see cref="Padding"/> and <see cref="MinScale"/> only one can be set.</summary>
/// <param name="Padding">Random crop of the image's own size after so many black pixels were added on each side; 0: none.</param>
/// <param name="MinScale">
/// Random resized crop (Szegedy et al., 2015): a part of this share of the area or more, of proportions 3/4 to 4/3 of the image's own, resized to the whole; 1: none.
/// </param>
/// <param name="Mirror">Mirrored left to right, half of the times.</param>
public sealed record ImageAugmentation(int Padding = 0, double MinScale = 1, bool Mirror = false)
{
    private const int Tries = 10;
    private static readonly double LogAspect = Math.Log(4.0 / 3);

    /// <summary>Decides how an image is shown: a pure function of the key.</summary>
    /// <param name="key">Of one image in one epoch (<see cref="ImageSampler.Images"/>).</param>
    /// <param name="shape">Of the image.</param>
    public ImageView View(ulong key, ImageShape shape)
    {
        Check();
        var random = new KeyedRandom(key);
        // The mirror is drawn first, so that it does not depend on the crop's settings.
        var view = ImageView.Whole(shape) with { Mirrored = Mirror && random.Next(2) == 1 };
        if (Padding > 0)
            return view with { Top = random.Next((2 * Padding) + 1) - Padding, Left = random.Next((2 * Padding) + 1) - Padding };
        return MinScale < 1 ? Part(view, random) : view;
    }

    private ImageView Part(ImageView whole, KeyedRandom random)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var side = Math.Sqrt(MinScale + ((1 - MinScale) * random.NextDouble()));
            var stretch = Math.Exp(LogAspect * (random.NextDouble() - 0.5));
            var (height, width) = ((int)Math.Round(whole.Height * side / stretch), (int)Math.Round(whole.Width * side * stretch));
            var (top, left) = (random.NextDouble(), random.NextDouble());
            if (height < 1 || width < 1 || height > whole.Height || width > whole.Width) continue;
            return whole with { Top = (int)(top * (whole.Height - height + 1)), Left = (int)(left * (whole.Width - width + 1)), Height = height, Width = width };
        }

        return whole;
    }

    private void Check()
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Padding);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Padding, ImageShape.MaxSide);
        if (!(MinScale is > 0 and <= 1)) throw new ArgumentOutOfRangeException(nameof(MinScale), MinScale, "A share of the area is above 0 and up to 1.");
        if (Padding > 0 && MinScale < 1) throw new ArgumentException("Either padding or a scale below 1.", nameof(MinScale));
    }
}
