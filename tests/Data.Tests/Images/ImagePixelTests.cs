using CsCheck;
using DyT.Data.Images;

namespace DyT.Data.Tests.Images;

public class ImagePixelTests
{
    [Fact]
    public void A_resized_box_is_the_mean_that_its_definition_gives() =>
        Gen.Select(Gen.Int[1, 20], Gen.Int[1, 20], Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[0, int.MaxValue]).Sample((height, width, newHeight, newWidth, seed) =>
        {
            var random = new Random(seed);
            var plane = new byte[height * width];
            random.NextBytes(plane);
            var box = new PixelBox(random.Next(height), random.Next(width), 0, 0);
            box = box with { Height = random.Next(1, height - box.Top + 1), Width = random.Next(1, width - box.Left + 1) };
            var resized = new float[newHeight * newWidth];
            Resample.Plane(plane, width, box, new ResampleWeights(box.Height, newHeight), new ResampleWeights(box.Width, newWidth), resized);
            for (var y = 0; y < newHeight; y++)
                for (var x = 0; x < newWidth; x++)
                    Assert.Equal(Expected(plane, width, box, newHeight, newWidth, y, x), resized[(y * newWidth) + x], 1e-2);
        }, iter: 300);

    [Fact]
    public void Known_lines_are_resized_as_known()
    {
        // Twice as long: a quarter and three quarters (half-pixel centres). Half as long: the triangle is four pixels wide.
        Assert.Equal([0, 63.75f, 191.25f, 255], Line([0, 255], 4));
        Assert.Equal([(3f / 7 * 10) + (3f / 7 * 20) + (1f / 7 * 40), (1f / 7 * 20) + (3f / 7 * 40) + (3f / 7 * 80)], Line([10, 20, 40, 80], 2), (a, b) => Math.Abs(a - b) < 1e-4);

        static float[] Line(byte[] from, int to)
        {
            var line = new float[to];
            Resample.Plane(from, from.Length, new PixelBox(0, 0, 1, from.Length), new ResampleWeights(1, 1), new ResampleWeights(from.Length, to), line);
            return line;
        }
    }

    [Fact]
    public void The_middle_part_has_the_wanted_proportions_and_is_as_large_as_can_be() =>
        Gen.Select(Gen.Int[1, 500], Gen.Int[1, 500], Gen.Int[1, 64], Gen.Int[1, 64]).Sample((height, width, wantedHeight, wantedWidth) =>
        {
            var box = ImageFit.Middle(new ImageShape(1, height, width), new ImageShape(1, wantedHeight, wantedWidth));
            Assert.True(box.Height == height || box.Width == width);
            Assert.InRange(box.Top, 0, height - box.Height);
            Assert.InRange(box.Left, 0, width - box.Width);
            Assert.InRange(height - box.Height - (2 * box.Top), 0, 1);
            Assert.InRange(width - box.Width - (2 * box.Left), 0, 1);
            // Rounded to a pixel of the side that was cut.
            Assert.True(Math.Abs(box.Height - ((double)box.Width * wantedHeight / wantedWidth)) <= 0.5 || Math.Abs(box.Width - ((double)box.Height * wantedWidth / wantedHeight)) <= 0.5 || box.Height == 1 || box.Width == 1);
        });

    [Fact]
    public void Images_are_brought_to_the_shape_of_the_set()
    {
        byte[] image = [.. Enumerable.Repeat((byte)200, 24), .. Enumerable.Repeat((byte)100, 24), .. Enumerable.Repeat((byte)50, 24)];
        var fitted = new ImageFit(new ImageShape(3, 2, 2)).Apply(new ImageShape(3, 4, 6), image);
        Assert.Equal([200, 200, 200, 200, 100, 100, 100, 100, 50, 50, 50, 50], fitted);
        // 0.299 R + 0.587 G + 0.114 B
        Assert.Equal([124, 124], new ImageFit(new ImageShape(1, 1, 2)).Apply(new ImageShape(3, 4, 6), image));
        Assert.Equal([7, 9, 7, 9, 7, 9], new ImageFit(new ImageShape(3, 1, 2)).Apply(new ImageShape(1, 1, 2), [7, 9]));
        byte[] same = [1, 2];
        Assert.Same(same, new ImageFit(new ImageShape(1, 1, 2)).Apply(new ImageShape(1, 1, 2), same));
    }

    [Fact]
    public void Mean_and_deviation_are_those_of_all_pixels_of_a_channel() =>
        Gen.Byte.Array[12].List[1, 20].Sample(images =>
        {
            var shape = new ImageShape(3, 2, 2);
            var statistics = new PixelStatistics(shape);
            foreach (var image in images) statistics.Add(image);
            var scale = statistics.Scale();
            for (var channel = 0; channel < 3; channel++)
            {
                var values = images.SelectMany(image => image.Skip(channel * 4).Take(4)).Select(b => b / 255.0).ToArray();
                var mean = values.Average();
                var deviation = Math.Sqrt(values.Average(v => (v - mean) * (v - mean)));
                Assert.Equal(mean, scale.Mean[channel], 1e-12);
                Assert.Equal(deviation == 0 ? 1 : deviation, scale.Deviation[channel], 1e-9);
            }
        });

    private static double Expected(byte[] plane, int stride, PixelBox box, int newHeight, int newWidth, int y, int x)
    {
        double sum = 0, weights = 0;
        for (var i = 0; i < box.Height; i++)
        {
            for (var j = 0; j < box.Width; j++)
            {
                var weight = Triangle(box.Height, newHeight, y, i) * Triangle(box.Width, newWidth, x, j);
                weights += weight;
                sum += weight * plane[((box.Top + i) * stride) + box.Left + j];
            }
        }

        return sum / weights;
    }

    private static double Triangle(int from, int to, int target, int source)
    {
        var scale = (double)from / to;
        return Math.Max(0, 1 - (Math.Abs(source + 0.5 - ((target + 0.5) * scale)) / Math.Max(1, scale)));
    }
}
