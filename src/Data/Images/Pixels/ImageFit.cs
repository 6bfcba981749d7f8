namespace DyT.Data.Images;

/// <summary>
/// Brings images to a set's shape: the largest part in the middle that has the wanted proportions, resized; colours to grey by ITU-R BT.601's weights,
/// grey to colours by repeating it.
/// </summary>
internal sealed class ImageFit(ImageShape wanted)
{
    /// <summary>[wanted] bytes; the image's own array when nothing is to be done.</summary>
    public byte[] Apply(ImageShape shape, byte[] pixels)
    {
        var recoloured = Recolour(shape, pixels);
        return (shape.Height, shape.Width) == (wanted.Height, wanted.Width) ? recoloured : Resize(shape, recoloured);
    }

    /// <summary>The part in the middle of an image that has the wanted proportions.</summary>
    internal static PixelBox Middle(ImageShape shape, ImageShape wanted)
    {
        // In 64 bits: a side has up to 2^26 pixels where an image is a line.
        var (height, width) = ((long)shape.Height, (long)shape.Width);
        if (height * wanted.Width > width * wanted.Height) height = Math.Max(1, ((width * wanted.Height) + (wanted.Width / 2)) / wanted.Width);
        else width = Math.Max(1, ((height * wanted.Width) + (wanted.Height / 2)) / wanted.Height);
        return new PixelBox((int)(shape.Height - height) / 2, (int)(shape.Width - width) / 2, (int)height, (int)width);
    }

    private byte[] Resize(ImageShape shape, byte[] pixels)
    {
        var box = Middle(shape, wanted);
        var (vertical, horizontal) = (new ResampleWeights(box.Height, wanted.Height), new ResampleWeights(box.Width, wanted.Width));
        var plane = new float[wanted.PlaneBytes];
        var fitted = new byte[wanted.Bytes];
        for (var channel = 0; channel < wanted.Channels; channel++)
        {
            Resample.Plane(pixels.AsSpan(channel * shape.PlaneBytes, shape.PlaneBytes), shape.Width, box, vertical, horizontal, plane);
            var target = fitted.AsSpan(channel * wanted.PlaneBytes, wanted.PlaneBytes);
            for (var i = 0; i < plane.Length; i++) target[i] = (byte)Math.Clamp(plane[i] + 0.5f, 0, 255);
        }

        return fitted;
    }

    private byte[] Recolour(ImageShape shape, byte[] pixels)
    {
        if (shape.Channels == wanted.Channels) return pixels;
        var size = shape.PlaneBytes;
        var recoloured = new byte[size * wanted.Channels];
        if (wanted.Channels == 1)
        {
            for (var i = 0; i < size; i++)
                recoloured[i] = (byte)(((299 * pixels[i]) + (587 * pixels[size + i]) + (114 * pixels[(2 * size) + i]) + 500) / 1000);
        }
        else
        {
            for (var channel = 0; channel < wanted.Channels; channel++) pixels.AsSpan(0, size).CopyTo(recoloured.AsSpan(channel * size));
        }

        return recoloured;
    }
}
