using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DyT.Config;
using DyT.Data.Images;
using DyT.Fuzz.Tests.Engine;
using SkiaSharp;

namespace DyT.Fuzz.Tests.Targets;

/// <summary>Files that images are taken from, and the sets that are prepared from them.</summary>
internal static class ImageTargets
{
    private const int Checked = 96;
    private const int MaxPixels = 1 << 12;
    private static readonly ImageShape Shape = new(3, 2, 2);

    public static IEnumerable<FuzzTarget> All() =>
    [
        Idx("idx images", [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6], path => IdxFile.Images(path).All(image => image.Length > 0)),
        Idx("idx labels", [0, 0, 8, 1, 0, 0, 0, 3, 0, 9, 255], path => IdxFile.Labels(path).Length >= 0),
        Cifar(), Picture(), Header(), Set(), Prepared(),
    ];

    /// <summary>What begins like a compressed file is read as one.</summary>
    private static FuzzTarget Idx(string name, byte[] seed, Func<string, bool> read)
    {
        var folder = Scratch.Folder(name.Replace(' ', '-'));
        var (plain, zipped) = (Path.Combine(folder, "x"), Path.Combine(folder, "x.gz"));
        return new(name, [seed, Zip(seed)], bytes =>
        {
            var path = bytes is [0x1f, 0x8b, ..] ? zipped : plain;
            File.WriteAllBytes(path, bytes);
            return read(path);
        })
        {
            // Compressed bytes unfold to a thousand times as many.
            Allowed = typeof(UserErrorException), BaseMemory = 1 << 20, MemoryPerByte = 4096, LargestInput = 1 << 12,
        };
    }

    private static FuzzTarget Cifar()
    {
        var path = Path.Combine(Scratch.Folder("cifar"), "x.bin");
        var fit = new ImageFit(new ImageShape(1, 8, 8));
        byte[] record = [3, 9, .. Enumerable.Range(0, 3072).Select(i => (byte)i)];
        return new("cifar records", [record, [.. record, .. record]], bytes =>
        {
            File.WriteAllBytes(path, bytes);
            Assert.All(CifarSource.Read(path, 2, 100, fit, CancellationToken.None), image => Assert.InRange(image.Label, 0, 99));
            return true;
        })
        {
            Allowed = typeof(UserErrorException), BaseMemory = 1 << 20,
        };
    }

    private static FuzzTarget Picture() => new("png or jpeg", [.. Pictures()], bytes =>
    {
        var (shape, pixels) = ImageDecoder.Decode(bytes, "x.png", MaxPixels);
        Assert.Equal(shape.Bytes, pixels.Length);
        Assert.Equal(12, new ImageFit(Shape).Apply(shape, pixels).Length);
        return true;
    })
    {
        Allowed = typeof(UserErrorException), BaseMemory = 1 << 20, LargestInput = 1 << 12,
    };

    private static FuzzTarget Header()
    {
        var folder = Scratch.Folder("image-headers");
        return new("image set's header behind a right checksum", [Write(folder, 2, 2), Write(folder, 300, 0)], bytes =>
        {
            var header = ImageHeader.Read(Mend(bytes), bytes.Length, "x.images");
            Assert.Equal(bytes[..ImageHeader.Size], header.Write());
            return true;
        })
        {
            Allowed = typeof(UserErrorException), LargestInput = 512,
        };
    }

    private static FuzzTarget Set()
    {
        var folder = Scratch.Folder("image-sets");
        var path = Path.Combine(folder, "input.images");
        return new("image set", [Write(folder, 2, 2), Write(folder, 300, 0)], bytes =>
        {
            File.WriteAllBytes(path, (bytes.Length & 1) == 0 ? bytes : Mend(bytes));
            using var set = ImageSet.Open(path);
            for (long i = 0; i < Math.Min(set.Count, 100); i++)
            {
                Assert.Equal(set.Shape.Bytes, set.Pixels(i).Length);
                Assert.InRange(set.Label(i), 0, set.Classes - 1);
            }

            set.VerifyContent();
            return true;
        })
        {
            Allowed = typeof(UserErrorException), LargestInput = 1024,
        };
    }

    private static FuzzTarget Prepared()
    {
        var folder = new PreparedImagesFolder(Scratch.Folder("prepared-images"));
        var hashes = new[] { folder.Train, folder.Validation }.Select(path =>
        {
            using var writer = new ImageSetWriter(path, Shape, 2);
            writer.Append(new byte[12], 1);
            return writer.Complete();
        }).ToArray();
        folder.WriteManifest(hashes[0], hashes[1], ["one", "tw\u00f6"], new ChannelScale([0.25, 0.5, 1], [0.5, 0.1, 1]));
        return new("prepared images' manifest", [File.ReadAllBytes(folder.Manifest)], bytes =>
        {
            File.WriteAllBytes(folder.Manifest, bytes);
            var prepared = folder.Open();
            Assert.All(prepared.Scale.Deviation, d => Assert.True(d > 0));
            return prepared.ClassNames.Count == 2;
        })
        {
            Syntax = Syntax.Text, Allowed = typeof(UserErrorException), BaseMemory = 1 << 20,
        };
    }

    private static IEnumerable<byte[]> Pictures()
    {
        foreach (var type in new[] { SKColorType.Gray8, SKColorType.Rgba8888 })
        {
            using var bitmap = new SKBitmap(new SKImageInfo(13, 9, type, type == SKColorType.Gray8 ? SKAlphaType.Opaque : SKAlphaType.Unpremul));
            var pixels = new byte[bitmap.ByteCount];
            for (var i = 0; i < pixels.Length; i++) pixels[i] = (byte)(i * i);
            Marshal.Copy(pixels, 0, bitmap.GetPixels(), pixels.Length);
            foreach (var format in new[] { SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg })
            {
                using var data = bitmap.Encode(format, 80);
                yield return data.ToArray();
            }
        }
    }

    private static byte[] Write(string folder, int classes, int count)
    {
        var path = Path.Combine(folder, "seed.images");
        File.Delete(path);
        using (var writer = new ImageSetWriter(path, Shape, classes))
        {
            for (var i = 0; i < count; i++) writer.Append(Enumerable.Range(i, 12).Select(b => (byte)b).ToArray(), i);
            writer.Complete();
        }

        return File.ReadAllBytes(path);
    }

    private static byte[] Mend(byte[] bytes)
    {
        if (bytes.Length >= ImageHeader.Size) SHA256.HashData(bytes.AsSpan(0, Checked), bytes.AsSpan(Checked));
        return bytes;
    }

    private static byte[] Zip(byte[] bytes)
    {
        using var buffer = new MemoryStream();
        using (var zip = new GZipStream(buffer, CompressionLevel.Fastest)) zip.Write(bytes);
        return buffer.ToArray();
    }
}
