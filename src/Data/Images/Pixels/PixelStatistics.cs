namespace DyT.Data.Images;

/// <summary>Mean and standard deviation of each channel, from exact counts of every value: the same whatever the order of the images.</summary>
internal sealed class PixelStatistics(ImageShape shape)
{
    private readonly long[] _counts = new long[shape.Channels * 256];

    public void Add(ReadOnlySpan<byte> pixels)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var counts = _counts.AsSpan(channel * 256, 256);
            foreach (var value in pixels.Slice(channel * shape.PlaneBytes, shape.PlaneBytes)) counts[value]++;
        }
    }

    /// <summary>Of a value's share of white (0..1); a channel of one single value has a standard deviation of 1, by which to divide.</summary>
    public ChannelScale Scale()
    {
        var (mean, deviation) = (new double[shape.Channels], new double[shape.Channels]);
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var counts = _counts.AsSpan(channel * 256, 256);
            Int128 count = 0, sum = 0, squares = 0;
            for (var value = 0; value < 256; value++)
            {
                count += counts[value];
                sum += (Int128)counts[value] * value;
                squares += (Int128)counts[value] * (value * value);
            }

            // N * sum of squares - (sum)^2 is exact; only its root and quotients are rounded.
            var spread = (count * squares) - (sum * sum);
            mean[channel] = count == 0 ? 0 : (double)sum / (double)count / 255;
            deviation[channel] = spread == 0 ? 1 : Math.Sqrt((double)spread) / (double)count / 255;
        }

        return new ChannelScale(mean, deviation);
    }
}
