namespace DyT.Data.Images;

/// <summary>Bytes of an image as shown, normalised: (byte / 255 - mean) / deviation of the channel.</summary>
internal sealed class ImageRenderer
{
    private readonly ImageShape _shape;
    private readonly float[] _values;
    private readonly (float Factor, float Summand)[] _affine;

    public ImageRenderer(ImageShape shape, ChannelScale scale)
    {
        if (scale.Mean.Count != shape.Channels || scale.Deviation.Count != shape.Channels)
            throw new ArgumentException($"{scale.Mean.Count} means and {scale.Deviation.Count} deviations for images of {shape}.", nameof(scale));
        _shape = shape;
        _affine = [.. Enumerable.Range(0, shape.Channels).Select(scale.Affine)];
        _values = new float[256 * shape.Channels];
        for (var i = 0; i < _values.Length; i++) _values[i] = Normalise(i / 256, i % 256);
    }

    /// <summary>Writes one image.</summary>
    /// <param name="pixels">[channels, height, width] bytes.</param>
    /// <param name="view">How it is shown.</param>
    /// <param name="destination">[channels, height, width] values.</param>
    public void Render(ReadOnlySpan<byte> pixels, ImageView view, Span<float> destination)
    {
        var size = _shape.PlaneBytes;
        var isResized = (view.Height, view.Width) != (_shape.Height, _shape.Width);
        var (vertical, horizontal) = isResized ? (new ResampleWeights(view.Height, _shape.Height), new ResampleWeights(view.Width, _shape.Width)) : default;
        for (var channel = 0; channel < _shape.Channels; channel++)
        {
            var plane = pixels.Slice(channel * size, size);
            var target = destination.Slice(channel * size, size);
            if (isResized)
            {
                Resample.Plane(plane, _shape.Width, new PixelBox(view.Top, view.Left, view.Height, view.Width), vertical!, horizontal!, target);
                for (var i = 0; i < target.Length; i++) target[i] = Normalise(channel, target[i]);
            }
            else
            {
                Shift(plane, view, _values.AsSpan(channel * 256, 256), target);
            }

            if (view.Mirrored)
                for (var y = 0; y < _shape.Height; y++) target.Slice(y * _shape.Width, _shape.Width).Reverse();
        }
    }

    private float Normalise(int channel, float value) => (value * _affine[channel].Factor) + _affine[channel].Summand;

    private void Shift(ReadOnlySpan<byte> plane, ImageView view, ReadOnlySpan<float> values, Span<float> target)
    {
        var (height, width) = (_shape.Height, _shape.Width);
        // Columns of the target that show a column of the image.
        var (from, to) = (Math.Clamp(-view.Left, 0, width), Math.Clamp(width - view.Left, 0, width));
        for (var y = 0; y < height; y++)
        {
            var row = target.Slice(y * width, width);
            var sourceY = y + view.Top;
            if (sourceY < 0 || sourceY >= height || from >= to)
            {
                row.Fill(values[0]);
                continue;
            }

            row[..from].Fill(values[0]);
            row[to..].Fill(values[0]);
            var source = plane.Slice((sourceY * width) + from + view.Left, to - from);
            for (var x = 0; x < source.Length; x++) row[from + x] = values[source[x]];
        }
    }
}
