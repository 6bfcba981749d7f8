using CsCheck;
using DyT.Data.Images;

namespace DyT.Data.Tests.Images;

public class MixPlanTests
{
    private static readonly ImageShape Shape = new(3, 32, 24);

    [Fact]
    public void Nobody_is_mixed_with_themselves_and_everybody_is_somebodys_partner() =>
        Gen.Select(Gen.Long, Gen.Long[0, long.MaxValue], Gen.Int[0, 1000], Gen.Int[1, 40]).Sample((seed, step, microShard, count) =>
        {
            var plan = MixPlan.Draw(new MixOptions(0.8, 1), seed, step, microShard, count, Shape);
            var partners = Enumerable.Range(0, count).Select(plan.Partner).ToArray();
            Assert.Equal(Enumerable.Range(0, count), partners.Order());
            Assert.InRange(plan.Lambda, 0, 1);
            if (plan.Kind == MixKind.None) Assert.Equal((0, 1.0), (plan.Shift, plan.Lambda));
            else Assert.All(partners, (partner, i) => Assert.NotEqual(i, partner));
            if (plan.Kind == MixKind.Cutmix) Assert.Equal(1 - (plan.Box.Area / 768.0), plan.Lambda, 1e-12);
            Assert.InRange(plan.Box.Bottom, plan.Box.Top, 32);
            Assert.InRange(plan.Box.Right, plan.Box.Left, 24);
        });

    [Fact]
    public void What_is_off_does_not_happen_and_what_is_on_happens_as_often_as_it_should()
    {
        Assert.Equal((0, 0), Kinds(new MixOptions()));
        Assert.Equal((4000, 0), Kinds(new MixOptions(0.8)));
        var (mixup, cutmix) = Kinds(new MixOptions(0, 1));
        Assert.Equal(0, mixup);
        Assert.InRange(cutmix, 3900, 4000); // but for boxes without a pixel
        (mixup, cutmix) = Kinds(new MixOptions(1, 1, 0.5, 0.25));
        Assert.InRange(mixup + cutmix, 1850, 2150);
        Assert.InRange(cutmix, 400, 600);

        static (int Mixup, int Cutmix) Kinds(MixOptions options)
        {
            var plans = Enumerable.Range(0, 4000).Select(step => MixPlan.Draw(options, 1, step, 0, 8, Shape).Kind).ToArray();
            return (plans.Count(kind => kind == MixKind.Mixup), plans.Count(kind => kind == MixKind.Cutmix));
        }
    }

    [Fact]
    public void Plans_are_pinned()
    {
        // Computed by an independent implementation with unbounded integers.
        Assert.Equal(new MixPlan(MixKind.Mixup, 8, 7, 0.7603607177734375, default), MixPlan.Draw(new MixOptions(0.8), 1337, 5, 2, 8, Shape));
        Assert.Equal(new MixPlan(MixKind.Cutmix, 8, 7, 0.75, new MixBox(6, 4, 22, 16)), MixPlan.Draw(new MixOptions(0, 1), 1337, 5, 2, 8, Shape));
        Assert.Equal(new MixPlan(MixKind.Cutmix, 8, 5, 1 - (29 * 19 / 768.0), new MixBox(3, 5, 32, 24)), MixPlan.Draw(new MixOptions(0, 1), 1337, 6, 2, 8, Shape));
    }

    [Theory]
    [InlineData(0.1), InlineData(0.4), InlineData(1), InlineData(4)]
    public void Shares_have_the_moments_of_their_distribution(double alpha)
    {
        const int count = 40_000;
        var random = new KeyedRandom(99);
        var draws = Enumerable.Range(0, count).Select(_ => random.NextBeta(alpha)).ToArray();
        var variance = 1 / (4 * ((2 * alpha) + 1));
        // Five standard errors of the mean; of the variance fewer, for the fourth moment of a beta is at most that of two points.
        Assert.Equal(0.5, draws.Average(), 5 * Math.Sqrt(variance / count));
        Assert.Equal(variance, draws.Average(x => (x - 0.5) * (x - 0.5)), 0.0025);
    }

    [Fact]
    public void A_share_of_a_tiny_alpha_is_still_a_number()
    {
        var random = new KeyedRandom(5);
        for (var i = 0; i < 1000; i++) Assert.InRange(random.NextBeta(1e-4), 0, 1);
    }

    [Fact]
    public void Mixed_images_are_what_the_plan_says()
    {
        var shape = new ImageShape(3, 4, 3);
        var images = new float[3 * shape.Bytes];
        for (var i = 0; i < images.Length; i++) images[i] = (i * 37) % 101;
        foreach (var plan in new[] { new MixPlan(MixKind.Mixup, 3, 2, 0.75, default), new MixPlan(MixKind.Cutmix, 3, 1, 0.5, new MixBox(1, 0, 3, 3)), new MixPlan(MixKind.None, 3, 0, 1, default) })
        {
            var mixed = new float[images.Length];
            plan.Apply(images, shape, mixed);
            for (var at = 0; at < images.Length; at++)
            {
                var (image, rest) = Math.DivRem(at, shape.Bytes);
                var other = images[(plan.Partner(image) * shape.Bytes) + rest];
                var (y, x) = (rest % shape.PlaneBytes / 3, rest % 3);
                var own = plan.Kind switch
                {
                    MixKind.Mixup => plan.Lambda,
                    MixKind.Cutmix => y >= plan.Box.Top && y < plan.Box.Bottom && x >= plan.Box.Left && x < plan.Box.Right ? 0 : 1,
                    _ => 1,
                };
                Assert.Equal((own * images[at]) + ((1 - own) * other), mixed[at], 1e-4);
            }
        }

        Assert.Throws<ArgumentException>(() => new MixPlan(MixKind.Mixup, 3, 1, 0.5, default).Apply(images, shape, images));
        Assert.Throws<ArgumentException>(() => new MixPlan(MixKind.Mixup, 2, 1, 0.5, default).Apply(images, shape, new float[images.Length]));
    }
}
