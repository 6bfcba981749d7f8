using DyT.Config;
using DyT.Data.Images;
using SkiaSharp;

namespace DyT.Data.Tests.Images;

public class ImageSourceTests
{
    private static readonly ImageFit Fit32 = new(new ImageShape(3, 32, 32));

    [Theory]
    [InlineData(false), InlineData(true)]
    public void Idx_files_give_images_with_their_labels(bool zipped)
    {
        using var folder = new TempFolder();
        WriteIdx(folder, zipped);
        var source = IdxSource.TryOpen(folder.Path)!;
        Assert.Equal(new ImageShape(1, 2, 3), source.Shape);
        Assert.Equal(["0", "1", "2", "3", "4", "5"], source.ClassNames);
        var fit = new ImageFit(source.Shape!.Value);
        var train = source.Train(fit, default).ToArray();
        Assert.Equal([0, 5], train.Select(i => i.Label));
        Assert.Equal([1, 2, 3, 4, 5, 6], train[0].Pixels);
        Assert.Equal([7, 8, 9, 10, 11, 12], train[1].Pixels);
        Assert.Equal([3], source.Validation(fit, default).Select(i => i.Label));
    }

    [Fact]
    public void Wrong_idx_files_are_named_with_what_is_wrong()
    {
        using var folder = new TempFolder();
        WriteIdx(folder, zipped: false);
        Refused(folder, "t10k-labels-idx1-ubyte", Pictures.Idx([3, 4], 2), "2 labels");
        Refused(folder, "train-labels-idx1-ubyte", Pictures.Idx([0], 1), "1 labels");
        Refused(folder, "train-labels-idx1-ubyte", Pictures.Idx([0, 1, 1], 2), "goes on");
        Refused(folder, "train-labels-idx1-ubyte", Pictures.Idx([0], 2), "ends before");
        Refused(folder, "train-images-idx3-ubyte", Pictures.Idx(12), "3 dimensions");
        Refused(folder, "train-images-idx3-ubyte", Pictures.Idx(new byte[9], 2, 2, 3), "ends before");
        Refused(folder, "train-images-idx3-ubyte", Pictures.Idx(new byte[13], 2, 2, 3), "goes on");
        Refused(folder, "train-images-idx3-ubyte", Pictures.Idx([], 0, 5000, 3), "5000");
        Refused(folder, "train-images-idx3-ubyte", Pictures.Idx([], int.MaxValue, 4096, 4096), "ends before");
        Refused(folder, "t10k-images-idx3-ubyte", Pictures.Idx(1, 3, 3), "another size");
        File.Delete(folder["t10k-images-idx3-ubyte"]);
        Assert.Contains("t10k-images-idx3-ubyte", Assert.Throws<UserErrorException>(() => IdxSource.TryOpen(folder.Path)).Message, StringComparison.Ordinal);
        File.Delete(folder["train-images-idx3-ubyte"]);
        Assert.Null(IdxSource.TryOpen(folder.Path));
    }

    [Fact]
    public void Damaged_compression_is_named()
    {
        using var folder = new TempFolder();
        WriteIdx(folder, zipped: true);
        var path = folder["train-labels-idx1-ubyte.gz"];
        File.WriteAllBytes(path, [.. "no gzip at all"u8]);
        Assert.Contains("train-labels-idx1-ubyte.gz", Assert.Throws<UserErrorException>(() => IdxSource.TryOpen(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_kinds_of_cifar_give_planes_and_the_fine_label()
    {
        using var folder = new TempFolder();
        for (var i = 1; i <= 5; i++) folder.Write($"ten/data_batch_{i}.bin", Record([(byte)i], i));
        folder.Write("ten/test_batch.bin", [.. Record([9], 7), .. Record([0], 8)]);
        folder.Write("ten/batches.meta.txt", string.Join('\n', Enumerable.Range(0, 10).Select(i => $"name{i}")) + "\n\n");
        var ten = CifarSource.TryOpen(folder["ten"])!;
        Assert.Equal([1, 2, 3, 4, 5], ten.Train(Fit32, default).Select(i => i.Label));
        Assert.Equal([9, 0], ten.Validation(Fit32, default).Select(i => i.Label));
        Assert.Equal("name9", ten.ClassNames[9]);
        Assert.Equal(Record([], 8), ten.Validation(Fit32, default).Last().Pixels);

        folder.Write("hundred/train.bin", Record([19, 99], 1));
        folder.Write("hundred/test.bin", Record([3, 42], 2));
        var hundred = CifarSource.TryOpen(folder["hundred"])!;
        Assert.Equal((99, 42), (hundred.Train(Fit32, default).Single().Label, hundred.Validation(Fit32, default).Single().Label));
        Assert.Equal(100, hundred.ClassNames.Count);
        Assert.Null(CifarSource.TryOpen(folder["none"]));
    }

    [Fact]
    public void Wrong_cifar_files_are_named_with_what_is_wrong()
    {
        using var folder = new TempFolder();
        folder.Write("train.bin", Record([1, 100], 1));
        folder.Write("test.bin", Record([1, 1], 1)[..^1]);
        var source = CifarSource.TryOpen(folder.Path)!;
        Assert.Contains("label of 100", Assert.Throws<UserErrorException>(() => source.Train(Fit32, default).ToList()).Message, StringComparison.Ordinal);
        Assert.Contains("test.bin: 3073 bytes", Assert.Throws<UserErrorException>(() => source.Validation(Fit32, default).ToList()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_of_classes_is_split_by_its_seed_and_each_image_has_its_class()
    {
        using var folder = new TempFolder();
        for (var i = 0; i < 15; i++)
        {
            folder.Write($"red/{i}.png", Pictures.Png(4, 4, (byte)(200 + i), 0, 0));
            folder.Write($"blue/{i}.PNG", Pictures.Png(4, 4, 0, 0, (byte)(200 + i)));
        }

        folder.Write("red/notes.txt", "no image");
        var fit = new ImageFit(new ImageShape(3, 4, 4));
        var source = new FolderSource(folder.Path, 0.2, 1);
        Assert.Equal(["blue", "red"], source.ClassNames);
        var (train, val) = (source.Train(fit, default).ToArray(), source.Validation(fit, default).ToArray());
        Assert.Equal((24, 6), (train.Length, val.Length));
        Assert.All(train.Concat(val), image => Assert.True(image.Pixels[image.Label == 1 ? 0 : 32] >= 200));
        Assert.Equal(30, train.Concat(val).Select(image => (image.Label, image.Pixels[0], image.Pixels[32])).Distinct().Count());
        Assert.Equal(val.Select(i => i.Pixels), new FolderSource(folder.Path, 0.2, 1).Validation(fit, default).Select(i => i.Pixels));
        Assert.NotEqual(val.Select(i => i.Pixels), new FolderSource(folder.Path, 0.2, 2).Validation(fit, default).Select(i => i.Pixels));
    }

    [Fact]
    public void Folders_for_training_and_validation_are_taken_as_they_are()
    {
        using var folder = new TempFolder();
        folder.Write("train/a/1.png", Pictures.Png(2, 2, 1, 1, 1));
        folder.Write("train/b/1.png", Pictures.Png(2, 2, 2, 2, 2));
        folder.Write("val/b/1.png", Pictures.Png(2, 2, 3, 3, 3));
        var fit = new ImageFit(new ImageShape(1, 2, 2));
        var source = new FolderSource(folder.Path, 0.5, 1);
        Assert.Equal([(byte)1, (byte)2], source.Train(fit, default).Select(i => i.Pixels[0]));
        Assert.Equal([1], source.Validation(fit, default).Select(i => i.Label));
        folder.Write("val/c/1.png", Pictures.Png(2, 2, 3, 3, 3));
        Assert.Contains("'c'", Assert.Throws<UserErrorException>(() => new FolderSource(folder.Path, 0.5, 1)).Message, StringComparison.Ordinal);
        Assert.Contains("0 images", Assert.Throws<UserErrorException>(() => new FolderSource(folder["train", "a"], 0.5, 1)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pixels_of_png_come_out_as_they_went_in_and_those_of_jpeg_nearly()
    {
        byte[] rgba = [10, 20, 30, 255, 40, 50, 60, 0, 70, 80, 90, 128, 100, 110, 120, 255];
        var (shape, pixels) = ImageDecoder.Decode(Pictures.Encode(rgba, 2, 2, SKColorType.Rgba8888, SKEncodedImageFormat.Png), "x.png", 100);
        Assert.Equal(new ImageShape(3, 2, 2), shape);
        Assert.Equal([10, 40, 70, 100, 20, 50, 80, 110, 30, 60, 90, 120], pixels);
        var (grey, values) = ImageDecoder.Decode(Pictures.Encode([5, 100, 250], 1, 3, SKColorType.Gray8, SKEncodedImageFormat.Png), "x.png", 100);
        Assert.Equal(new ImageShape(1, 1, 3), grey);
        Assert.Equal([5, 100, 250], values);
        byte[] flat = [.. Enumerable.Range(0, 64).SelectMany(_ => new byte[] { 200, 100, 50, 255 })];
        var (_, jpeg) = ImageDecoder.Decode(Pictures.Encode(flat, 8, 8, SKColorType.Rgba8888, SKEncodedImageFormat.Jpeg), "x.jpg", 100);
        foreach (var (channel, wanted) in new[] { (0, 200), (1, 100), (2, 50) })
            Assert.All(jpeg[(channel * 64)..((channel + 1) * 64)], value => Assert.InRange(value, wanted - 2, wanted + 2));
    }

    [Fact]
    public void Images_that_are_too_large_cut_short_or_of_another_format_are_named()
    {
        var png = Pictures.Png(10, 10, 1, 2, 3);
        Assert.Contains("x.png: 10 x 10", Message(png, 99), StringComparison.Ordinal);
        Assert.Contains("x.png", Message(png[..^30], 100), StringComparison.Ordinal);
        Assert.Contains("no whole PNG or JPEG", Message([.. "GIF89a"u8, .. new byte[100]], 100), StringComparison.Ordinal);
        Assert.Contains("no whole PNG or JPEG", Message(Pictures.Encode(new byte[400], 10, 10, SKColorType.Rgba8888, SKEncodedImageFormat.Webp), 100), StringComparison.Ordinal);
        Assert.Contains("no whole PNG or JPEG", Message([], 100), StringComparison.Ordinal);

        static string Message(byte[] bytes, int maxPixels) => Assert.Throws<UserErrorException>(() => ImageDecoder.Decode(bytes, "x.png", maxPixels)).Message;
    }

    private static void Refused(TempFolder folder, string file, byte[] content, string message)
    {
        var kept = File.ReadAllBytes(folder[file]);
        folder.Write(file, content);
        var error = Assert.Throws<UserErrorException>(() =>
        {
            var source = IdxSource.TryOpen(folder.Path)!;
            var fit = new ImageFit(source.Shape!.Value);
            return source.Train(fit, default).Concat(source.Validation(fit, default)).ToList();
        }).Message;
        Assert.Contains(file, error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        folder.Write(file, kept);
    }

    private static byte[] Record(byte[] labels, int pixels) => [.. labels, .. Enumerable.Range(0, 3072).Select(i => (byte)(i + pixels))];

    private static void WriteIdx(TempFolder folder, bool zipped)
    {
        void Write(string name, byte[] bytes) => folder.Write(zipped ? name + ".gz" : name, zipped ? Pictures.Zip(bytes) : bytes);
        Write("train-images-idx3-ubyte", Pictures.Idx([.. Enumerable.Range(1, 12).Select(i => (byte)i)], 2, 2, 3));
        Write("train-labels-idx1-ubyte", Pictures.Idx([0, 5], 2));
        Write("t10k-images-idx3-ubyte", Pictures.Idx(1, 2, 3));
        Write("t10k-labels-idx1-ubyte", Pictures.Idx([3], 1));
    }
}
