using DyT.Config;
using DyT.Data.Images;

namespace DyT.Data.Tests.Images;

public class ImageSetTests
{
    private static readonly ImageShape Shape = new(3, 1, 2);

    [Fact]
    public void Images_and_labels_are_read_as_they_were_written()
    {
        using var folder = new TempFolder();
        using var set = Pictures.Set(folder, Shape, 70_00, ([1, 2, 3, 4, 5, 6], 6999), ([6, 5, 4, 3, 2, 1], 0), ([9, 9, 9, 9, 9, 9], 258));
        Assert.Equal((3, Shape, 7000), (set.Count, set.Shape, set.Classes));
        Assert.Equal([6, 5, 4, 3, 2, 1], set.Pixels(1).ToArray());
        Assert.Equal([6999, 0, 258], Enumerable.Range(0, 3).Select(i => set.Label(i)));
        set.VerifyContent();
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Label(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Label(-1));
    }

    [Fact]
    public void A_set_may_be_empty()
    {
        using var folder = new TempFolder();
        using var set = Pictures.Set(folder, Shape, 1);
        Assert.Equal(0, set.Count);
        set.VerifyContent();
    }

    [Fact]
    public void Any_altered_byte_is_noticed()
    {
        using var folder = new TempFolder();
        byte[] bytes;
        using (var set = Pictures.Set(folder, Shape, 2, ([1, 2, 3, 4, 5, 6], 1), ([6, 5, 4, 3, 2, 1], 0))) bytes = File.ReadAllBytes(set.Path);
        for (var i = 0; i < bytes.Length; i++)
        {
            var altered = (byte[])bytes.Clone();
            altered[i] ^= 0x10;
            var path = folder.Write("altered.images", altered);
            var error = Assert.Throws<UserErrorException>(() =>
            {
                using var set = ImageSet.Open(path);
                set.VerifyContent();
            });
            Assert.Contains("altered.images", error.Message, StringComparison.Ordinal);
        }

        Assert.Throws<UserErrorException>(() => ImageSet.Open(folder.Write("short.images", bytes[..^1])));
        Assert.Throws<UserErrorException>(() => ImageSet.Open(folder["none.images"]));
    }

    [Fact]
    public void A_label_that_is_no_class_is_noticed_when_read()
    {
        using var folder = new TempFolder();
        string path;
        using (var set = Pictures.Set(folder, Shape, 2, ([1, 2, 3, 4, 5, 6], 1))) path = set.Path;
        var bytes = File.ReadAllBytes(path);
        bytes[^1] = 1;
        using var damaged = ImageSet.Open(folder.Write("damaged.images", bytes));
        Assert.Contains("label of image 0 is 257", Assert.Throws<UserErrorException>(() => damaged.Label(0)).Message, StringComparison.Ordinal);
    }
}
