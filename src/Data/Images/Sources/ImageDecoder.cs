using System.Runtime.InteropServices;
using DyT.Config;
using SkiaSharp;

namespace DyT.Data.Images;

/// <summary>
/// PNG and JPEG files to bytes, by Skia. Transparency is left out (the colours below it are taken), as are colour profiles and a camera's orientation:
/// what the file's pixels say is what is trained on.
/// </summary>
internal static class ImageDecoder
{
    /// <summary>Bound on a file.</summary>
    public const long MaxFileBytes = 64 << 20;

    /// <summary>Bound on height x width, looked at before anything is decoded.</summary>
    public const int MaxPixels = 1 << 26;

    /// <summary>A file as [1 or 3, height, width] bytes; an image without colours has one channel.</summary>
    /// <exception cref="UserErrorException">Unreadable, too large, damaged, or neither PNG nor JPEG.</exception>
    public static (ImageShape Shape, byte[] Pixels) Read(string path) =>
        Decode(InputFile.ReadBytes(path, MaxFileBytes, "image"), path, MaxPixels);

    internal static (ImageShape Shape, byte[] Pixels) Decode(byte[] bytes, string path, int maxPixels)
    {
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data);
        if (codec is not { EncodedFormat: SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg })
            throw new UserErrorException($"{path}: it is no whole PNG or JPEG image; convert it or take it away.");
        var (height, width) = (codec.Info.Height, codec.Info.Width);
        if (height < 1 || width < 1 || (long)height * width > maxPixels)
            throw new UserErrorException($"{path}: {height} x {width} pixels are more than the {maxPixels} that an image may have; make it smaller.");
        var grey = codec.Info.ColorType == SKColorType.Gray8;
        var shape = new ImageShape(grey ? 1 : 3, height, width);
        var decoded = new byte[height * width * (grey ? 1 : 4)];
        var result = Decode(codec, new SKImageInfo(width, height, grey ? SKColorType.Gray8 : SKColorType.Rgba8888, grey ? SKAlphaType.Opaque : SKAlphaType.Unpremul), decoded);
        if (result != SKCodecResult.Success)
            throw new UserErrorException($"{path}: the image is damaged or cut short ({result}); get it again or take it away.");
        return (shape, grey ? decoded : Planes(decoded, shape.PlaneBytes));
    }

    private static SKCodecResult Decode(SKCodec codec, SKImageInfo info, byte[] target)
    {
        var pinned = GCHandle.Alloc(target, GCHandleType.Pinned);
        try
        {
            return codec.GetPixels(info, pinned.AddrOfPinnedObject());
        }
        finally
        {
            pinned.Free();
        }
    }

    private static byte[] Planes(byte[] rgba, int size)
    {
        var planes = new byte[3 * size];
        for (var i = 0; i < size; i++)
            (planes[i], planes[size + i], planes[(2 * size) + i]) = (rgba[4 * i], rgba[(4 * i) + 1], rgba[(4 * i) + 2]);
        return planes;
    }
}
