using CsCheck;
using DyT.Data.Images;

namespace DyT.Data.Tests.Images;

public class ImageBatchTests
{
    private static readonly ChannelScale Scale = new([0.25, 0.5, 0.75], [0.5, 0.25, 1]);

    [Fact]
    public void A_padded_crop_shows_the_shifted_image_with_black_around_it() =>
        Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[1, 8], Gen.ULong).Sample((height, width, padding, key) =>
        {
            var shape = new ImageShape(3, height, width);
            var pixels = Pixels(shape, 5);
            var view = new ImageAugmentation(padding, 1, Mirror: true).View(key, shape);
            Assert.Equal((height, width), (view.Height, view.Width));
            Assert.InRange(view.Top, -padding, padding);
            Assert.InRange(view.Left, -padding, padding);
            var shown = new float[shape.Bytes];
            new ImageRenderer(shape, Scale).Render(pixels, view, shown);
            for (var c = 0; c < 3; c++)
            {
                for (var y = 0; y < height; y++)
                {
                    for (var x = 0; x < width; x++)
                    {
                        var (row, column) = (y + view.Top, (view.Mirrored ? width - 1 - x : x) + view.Left);
                        var inside = row >= 0 && row < height && column >= 0 && column < width;
                        var value = inside ? pixels[(c * shape.PlaneBytes) + (row * width) + column] : 0;
                        Assert.Equal(((value / 255.0) - Scale.Mean[c]) / Scale.Deviation[c], shown[(c * shape.PlaneBytes) + (y * width) + x], 1e-5);
                    }
                }
            }
        }, iter: 300);

    [Fact]
    public void A_resized_crop_lies_inside_and_is_no_smaller_than_allowed() =>
        Gen.Select(Gen.Int[8, 300], Gen.Int[8, 300], Gen.Double[0.08, 0.99], Gen.ULong).Sample((height, width, minScale, key) =>
        {
            var view = new ImageAugmentation(0, minScale).View(key, new ImageShape(1, height, width));
            Assert.InRange(view.Top, 0, height - view.Height);
            Assert.InRange(view.Left, 0, width - view.Width);
            // Each side is rounded to a pixel.
            Assert.True((view.Height + 0.5) * (view.Width + 0.5) >= minScale * height * width);
            var aspect = (view.Width + 0.5) / (view.Height - 0.5) * height / width;
            Assert.True(aspect >= 0.75);
            Assert.False(view.Mirrored);
        });

    [Fact]
    public void A_resized_crop_shows_that_part()
    {
        var shape = new ImageShape(3, 6, 6);
        var pixels = Pixels(shape, 9);
        var view = new ImageView(1, 2, 3, 4, Mirrored: true);
        var shown = new float[shape.Bytes];
        new ImageRenderer(shape, Scale).Render(pixels, view, shown);
        var plane = new float[36];
        Resample.Plane(pixels.AsSpan(72), 6, new PixelBox(1, 2, 3, 4), new ResampleWeights(3, 6), new ResampleWeights(4, 6), plane);
        for (var y = 0; y < 6; y++)
            for (var x = 0; x < 6; x++)
                Assert.Equal((plane[(y * 6) + 5 - x] / 255) - 0.75, shown[72 + (y * 6) + x], 1e-5);
    }

    [Fact]
    public void Views_are_pinned_and_each_setting_does_what_it_says()
    {
        // Computed by an independent implementation with unbounded integers.
        Assert.Equal(new ImageView(-3, -1, 28, 28, false), new ImageAugmentation(4, 1, Mirror: true).View(7, new ImageShape(1, 28, 28)));
        var mirrored = Enumerable.Range(0, 4000).Count(key => new ImageAugmentation(Mirror: true).View(KeyedHash.Mix((ulong)key), new ImageShape(1, 8, 8)).Mirrored);
        Assert.InRange(mirrored, 1850, 2150);
        Assert.Equal(ImageView.Whole(new ImageShape(1, 8, 9)), new ImageAugmentation().View(3, new ImageShape(1, 8, 9)));
        Assert.Throws<ArgumentException>(() => new ImageAugmentation(1, 0.5).View(1, new ImageShape(1, 8, 8)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageAugmentation(0, 0).View(1, new ImageShape(1, 8, 8)));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ImageAugmentation(0, double.NaN).View(1, new ImageShape(1, 8, 8)));
    }

    [Fact]
    public void A_batch_has_every_image_at_its_place_whatever_else_is_in_it()
    {
        using var folder = new TempFolder();
        var shape = new ImageShape(3, 4, 5);
        using var set = Pictures.Set(folder, shape, 9, [.. Enumerable.Range(0, 6).Select(i => (Pixels(shape, i), i + 2))]);
        var batch = new ImageBatch(set, Scale, new ImageAugmentation(2, 1, true));
        long[] images = [4, 0, 4, 5];
        ulong[] keys = [11, 12, 13, 14];
        var (together, labels) = (new float[4 * shape.Bytes], new long[4]);
        batch.Train(images, keys, together, labels);
        Assert.Equal([6, 2, 6, 7], labels);
        for (var j = 0; j < 4; j++)
        {
            var alone = new float[shape.Bytes];
            batch.Train([images[j]], [keys[j]], alone, new long[1]);
            Assert.Equal(alone, together[(j * shape.Bytes)..((j + 1) * shape.Bytes)]);
        }

        batch.Evaluate(images, together, labels);
        Assert.Equal(together[..shape.Bytes], together[(2 * shape.Bytes)..(3 * shape.Bytes)]);
        Assert.Equal(((set.Pixels(4)[0] / 255.0) - 0.25) / 0.5, together[0], 1e-6);
        Assert.Throws<ArgumentException>(() => batch.Evaluate(images, together.AsSpan(1), labels));
        Assert.Throws<ArgumentException>(() => batch.Train(images, keys.AsSpan(1), together, labels));
    }

    private static byte[] Pixels(ImageShape shape, int seed)
    {
        var pixels = new byte[shape.Bytes];
        new Random(seed).NextBytes(pixels);
        return pixels;
    }
}
