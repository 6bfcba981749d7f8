using System.Buffers;

namespace DyT.Data.Images;

/// <summary>Part of a plane of bytes, in pixels.</summary>
internal readonly record struct PixelBox(int Top, int Left, int Height, int Width);

/// <summary>Resizing of one channel, first along the rows, then along the columns; always added up in the same order.</summary>
internal static class Resample
{
    /// <summary>Writes a box of a plane in another size.</summary>
    /// <param name="plane">[rows, stride] bytes.</param>
    /// <param name="stride">Columns of the plane.</param>
    /// <param name="box">Which part; inside the plane.</param>
    /// <param name="vertical">From the box's height to the new one.</param>
    /// <param name="horizontal">From the box's width to the new one.</param>
    /// <param name="destination">[new height, new width] values, 0..255.</param>
    public static void Plane(ReadOnlySpan<byte> plane, int stride, PixelBox box, ResampleWeights vertical, ResampleWeights horizontal, Span<float> destination)
    {
        var width = horizontal.Length;
        var rented = ArrayPool<float>.Shared.Rent(box.Height * width);
        var rows = rented.AsSpan(0, box.Height * width);
        for (var y = 0; y < box.Height; y++)
        {
            var source = plane.Slice(((box.Top + y) * stride) + box.Left, box.Width);
            var row = rows.Slice(y * width, width);
            for (var x = 0; x < width; x++)
            {
                var weights = horizontal.Weights(x);
                var pixels = source.Slice(horizontal.First(x), weights.Length);
                float sum = 0;
                for (var t = 0; t < weights.Length; t++) sum += weights[t] * pixels[t];
                row[x] = sum;
            }
        }

        for (var y = 0; y < vertical.Length; y++)
        {
            var target = destination.Slice(y * width, width);
            target.Clear();
            var weights = vertical.Weights(y);
            for (var t = 0; t < weights.Length; t++)
            {
                var weight = weights[t];
                var row = rows.Slice((vertical.First(y) + t) * width, width);
                for (var x = 0; x < width; x++) target[x] += weight * row[x];
            }
        }

        ArrayPool<float>.Shared.Return(rented);
    }
}
