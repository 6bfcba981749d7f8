using DyT.Collectives;
using DyT.Config;
using DyT.Runs;
using DyT.Training.Runs;

namespace DyT.Training.Tests.Session;

/// <summary>A classifier of images is a job like a language model.</summary>
public sealed class ImageSessionTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public ImageSessionTests()
    {
        // IDX files of 96 and 32 grey images of 8 x 8: the class is where the bright half lies.
        Write("train", 96);
        Write("t10k", 32);
    }

    private string Settings => "model.dropout=0 model.arch=vit model.vit.patch=4 model.vit.drop_path=0 data.images.padding=1 data.images.mixup=0.4 data.images.cutmix=1 data.images.mix_probability=0.3 train.label_smoothing=0.1 "
        + $"model.site.alpha_attention=2 model.site.alpha_other=2 train.steps=80 schedule.warmup=5 optimizer.lr=0.01 train.eval_batches=0 train.eval_every=40 data.source={_scratch.At("images")}";

    [Theory]
    [InlineData("fp32")]
    [InlineData("bf16")]
    public void One_two_and_three_workers_end_with_the_same_weights_and_scores(string products)
    {
        var settings = $"{Settings} train.products={products}";
        using var alone = new TestRun(settings);
        using (var session = alone.Open())
            Assert.Equal(RunOutcome.Finished, alone.Run(session).Outcome);
        foreach (var count in (int[])[2, 3])
        {
            using var run = new TestRun(settings);
            using var members = new Members(run, count);
            members.Run(members.Plan(1, ShardRange.Even(4, count)));
            Assert.Equal(alone.WeightsHash, run.WeightsHash);
            Assert.Equal(alone.Steps[^1].ValScores!["top1"], run.Steps[^1].ValScores!["top1"]);
        }

        Assert.True(alone.Steps[^1].ValScores!["top1"] > 0.4, $"{alone.Steps[^1].ValScores!["top1"]} of the images were classified");
        Assert.Equal(4 * 8, alone.Steps[^1].Tokens); // patches of an image, images of a step
    }

    [Fact]
    public void Side_and_patch_must_fit()
    {
        using var run = new TestRun(Settings + " model.vit.patch=3");
        Assert.Contains("must divide", Assert.Throws<UserErrorException>(() => run.Open()).Message, StringComparison.Ordinal);
    }

    public void Dispose() => _scratch.Dispose();

    private void Write(string name, int count)
    {
        Directory.CreateDirectory(_scratch.At("images"));
        var random = new Random(count);
        var pixels = new List<byte> { 0, 0, 8, 3, 0, 0, 0, (byte)count, 0, 0, 0, 8, 0, 0, 0, 8 };
        var labels = new List<byte> { 0, 0, 8, 1, 0, 0, 0, (byte)count };
        for (var i = 0; i < count; i++)
        {
            var label = i % 4;
            labels.Add((byte)label);
            for (var at = 0; at < 64; at++)
            {
                var bright = label switch { 0 => at < 32, 1 => at >= 32, 2 => at % 8 < 4, _ => at % 8 >= 4 };
                pixels.Add((byte)((bright ? 150 : 20) + random.Next(80)));
            }
        }

        File.WriteAllBytes(_scratch.At($"images/{name}-images-idx3-ubyte"), [.. pixels]);
        File.WriteAllBytes(_scratch.At($"images/{name}-labels-idx1-ubyte"), [.. labels]);
    }
}
