using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using DyT.Data.Images;
using SkiaSharp;

namespace DyT.Data.Tests.Images;

/// <summary>Files of images as other programs write them.</summary>
internal static class Pictures
{
    public static byte[] Idx(params int[] dimensions) => Idx(new byte[dimensions.Aggregate(1, (a, b) => a * b)], dimensions);

    public static byte[] Idx(byte[] values, params int[] dimensions)
    {
        var bytes = new byte[4 + (4 * dimensions.Length)];
        (bytes[2], bytes[3]) = (8, (byte)dimensions.Length);
        for (var d = 0; d < dimensions.Length; d++) BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 + (4 * d)), dimensions[d]);
        return [.. bytes, .. values];
    }

    public static byte[] Zip(byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionLevel.Fastest)) zip.Write(bytes);
        return buffer.ToArray();
    }

    /// <summary>A file of interleaved pixels, four bytes each, or one where the type is grey.</summary>
    public static byte[] Encode(byte[] pixels, int height, int width, SKColorType type, SKEncodedImageFormat format)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
        Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
        using var data = bitmap.Encode(format, 100);
        return data.ToArray();
    }

    /// <summary>A PNG of one colour.</summary>
    public static byte[] Png(int height, int width, byte red, byte green, byte blue) =>
        Encode([.. Enumerable.Range(0, height * width).SelectMany(_ => new[] { red, green, blue, (byte)255 })], height, width, SKColorType.Rgba8888, SKEncodedImageFormat.Png);

    /// <summary>A set of given pixels and labels.</summary>
    public static ImageSet Set(TempFolder folder, ImageShape shape, int classes, params (byte[] Pixels, int Label)[] images)
    {
        var path = folder[$"{Guid.NewGuid():N}.images"];
        using (var writer = new ImageSetWriter(path, shape, classes))
        {
            foreach (var (pixels, label) in images) writer.Append(pixels, label);
            writer.Complete();
        }

        return ImageSet.Open(path);
    }
}
