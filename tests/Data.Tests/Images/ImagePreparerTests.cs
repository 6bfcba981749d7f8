using DyT.Config;
using DyT.Data.Images;

namespace DyT.Data.Tests.Images;

public class ImagePreparerTests
{
    [Fact]
    public void A_folder_of_classes_becomes_two_sets_with_the_scale_of_the_training_images()
    {
        using var folder = Source();
        var prepared = Prepare(folder);
        Assert.Equal((3, 1, new ImageShape(3, 4, 4)), (prepared.TrainImages, prepared.ValImages, prepared.Shape));
        Assert.Equal(["a", "b"], prepared.ClassNames);
        Assert.Equal([40 / 255.0, 20 / 255.0, 0], prepared.Scale.Mean, (x, y) => Math.Abs(x - y) < 1e-12);
        using var train = ImageSet.Open(prepared.TrainSet);
        using var val = ImageSet.Open(prepared.ValSet);
        train.VerifyContent();
        val.VerifyContent();
        Assert.Equal([0, 0, 1], Enumerable.Range(0, 3).Select(i => train.Label(i)));
        Assert.Equal((1, 255), (val.Label(0), val.Pixels(0)[0]));
        Assert.Contains("3 training and 1 validation images of 3 x 4 x 4 in 2 classes", ImagePreparer.Describe(Options(folder), prepared), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_call_takes_what_is_there_and_a_changed_image_or_shape_does_not()
    {
        using var folder = Source();
        var first = Prepare(folder);
        var told = new List<string>();
        var second = ImagePreparer.Prepare(Options(folder), 1, told.Add);
        Assert.Empty(told);
        Assert.Equal((first.Folder, first.ContentHash), (second.Folder, second.ContentHash));
        // Nothing was chosen by the seed: another one has the same data.
        Assert.Equal(first.Folder, ImagePreparer.Prepare(Options(folder), 2).Folder);
        var smaller = ImagePreparer.Prepare(Options(folder) with { Size = 2, Colour = false }, 1);
        Assert.NotEqual((first.Folder, first.ContentHash), (smaller.Folder, smaller.ContentHash));
        folder.Write("in/train/a/1.png", Pictures.Png(40, 30, 1, 2, 3));
        var changed = Prepare(folder);
        Assert.NotEqual((first.Folder, first.ContentHash), (changed.Folder, changed.ContentHash));
    }

    [Theory]
    [InlineData("prepared.json"), InlineData("train.images"), InlineData("val.images")]
    public void Damaged_prepared_images_are_made_again(string file)
    {
        using var folder = Source();
        var first = Prepare(folder);
        var damaged = Path.Combine(first.Folder, file);
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..^5]);
        var told = new List<string>();
        var second = ImagePreparer.Prepare(Options(folder), 1, told.Add);
        Assert.Contains(told, line => line.Contains("damaged", StringComparison.Ordinal));
        Assert.Equal(first.ContentHash, second.ContentHash);
    }

    [Fact]
    public void A_scale_by_which_nobody_can_divide_is_refused()
    {
        using var folder = Source();
        var manifest = Path.Combine(Prepare(folder).Folder, "prepared.json");
        var text = File.ReadAllText(manifest);
        var at = text.IndexOf("\"deviation\": [", StringComparison.Ordinal);
        var end = text.IndexOf(']', at);
        File.WriteAllText(manifest, text[..at] + "\"deviation\": [1, 0, 1" + text[end..]);
        var error = Assert.Throws<UserErrorException>(() => new PreparedImagesFolder(Path.GetDirectoryName(manifest)!).Open());
        Assert.Contains("deviation", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 1)]
    [InlineData(false, 1)]
    [InlineData(true, 3)]
    public void Grey_images_of_another_size_stay_grey_unless_colour_is_asked_for(bool? colour, int channels)
    {
        using var folder = new TempFolder();
        foreach (var part in new[] { "train", "t10k" })
        {
            folder.Write($"in/{part}-images-idx3-ubyte", [0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 4, .. Enumerable.Range(0, 16).Select(i => (byte)(16 * i))]);
            folder.Write($"in/{part}-labels-idx1-ubyte", [0, 0, 8, 1, 0, 0, 0, 1, 1]);
        }

        Assert.Equal(new ImageShape(channels, 8, 8), ImagePreparer.Prepare(new ImageDataOptions(folder["in"], folder["cache"], 8, colour), 1).Shape);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        using var folder = Source();
        Assert.Contains("no common size", Error(Options(folder) with { Size = null }), StringComparison.Ordinal);
        Assert.Contains("5000", Error(Options(folder) with { Size = 5000 }), StringComparison.Ordinal);
        Assert.Contains("fashion-mnist", Error(Options(folder) with { Source = "fashion" }), StringComparison.Ordinal);
        folder.Write("in/val/b/1.png", "no image");
        Assert.Contains("1.png", Error(Options(folder)), StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(folder["cache", "prepared-images"]));

        static string Error(ImageDataOptions options) => Assert.Throws<UserErrorException>(() => ImagePreparer.Prepare(options, 1)).Message;
    }

    [Fact]
    public void Fashion_mnist_is_what_its_authors_say()
    {
        var cache = RepositoryCache.Path;
        Assert.SkipUnless(cache is not null && Corpora.IsPresent(Corpora.FashionMnist, cache), "Fashion-MNIST is not in the cache (dyt data get fashion-mnist).");
        var prepared = ImagePreparer.Prepare(new ImageDataOptions(Corpora.FashionMnist, cache), 1);
        Assert.Equal((60_000, 10_000, new ImageShape(1, 28, 28)), (prepared.TrainImages, prepared.ValImages, prepared.Shape));
        Assert.Equal("Ankle boot", prepared.ClassNames[9]);
        // As they are commonly given.
        Assert.Equal((0.2860, 0.3530), (Math.Round(prepared.Scale.Mean[0], 4), Math.Round(prepared.Scale.Deviation[0], 4)));
        using var train = ImageSet.Open(prepared.TrainSet);
        using var val = ImageSet.Open(prepared.ValSet);
        Assert.Equal((9, 9), (train.Label(0), val.Label(0)));
        foreach (var (set, each) in new[] { (train, 6000), (val, 1000) })
            Assert.All(Enumerable.Range(0, (int)set.Count).CountBy(i => set.Label(i)), pair => Assert.Equal(each, pair.Value));
    }

    private static TempFolder Source()
    {
        var folder = new TempFolder();
        folder.Write("in/train/a/1.png", Pictures.Png(40, 30, 0, 0, 0));
        folder.Write("in/train/a/2.png", Pictures.Png(4, 4, 40, 20, 0));
        folder.Write("in/train/b/1.png", Pictures.Png(3, 8, 80, 40, 0));
        folder.Write("in/val/b/1.png", Pictures.Png(4, 4, 255, 0, 0));
        return folder;
    }

    private static ImageDataOptions Options(TempFolder folder) => new(folder["in"], folder["cache"], 4);

    private static PreparedImages Prepare(TempFolder folder) => ImagePreparer.Prepare(Options(folder), 1);
}
