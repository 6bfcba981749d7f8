using DyT.Config;
using TorchSharp;
using static TorchSharp.torch;

namespace DyT.Model.Tests;

public sealed class VitModelTests
{
    private static readonly ImagesShape Images = new(Channels: 3, Size: 8, Classes: 7);

    private static ModelConfig Small(PoolKind pool = PoolKind.Mean, PositionKind position = PositionKind.Learned, double dropPath = 0) => new()
    {
        Arch = ArchKind.Vit, Layers = 2, Heads = 2, DModel = 16, Position = position, Vit = new VitConfig { Patch = 4, Pool = pool, DropPath = dropPath },
    };

    private static (ParameterSet Parameters, VitModel Vit) Make(ModelConfig model, double smoothing = 0)
    {
        var parameters = ParameterSet.Allocate(FlatLayout.Of(Networks.Table(model, Images)), withGradients: true);
        parameters.Initialize(3);
        return (parameters, new VitModel(model, Images, parameters, smoothing: smoothing));
    }

    private static ImagesBatch Batch(int count, long seed = 1)
    {
        manual_seed(seed);
        return new ImagesBatch(randn(count, 3, 8, 8), randint(0, Images.Classes, [count], ScalarType.Int64));
    }

    [Theory]
    [InlineData(PoolKind.Mean, PositionKind.Learned)]
    [InlineData(PoolKind.Class, PositionKind.Sinusoidal)]
    [InlineData(PoolKind.Class, PositionKind.None)]
    public void Gradients_are_the_differences_of_the_loss(PoolKind pool, PositionKind position)
    {
        using var scope = NewDisposeScope();
        var (parameters, vit) = Make(Small(pool, position));
        using (parameters)
        using (vit)
        {
            var batch = Batch(3) with { Others = tensor(new long[] { 6, 0, 2 }), Share = tensor(new[] { 0.75f, 0.5f, 1f }) };
            // Larger weights than the initial ones, so that differences stand out of fp32's noise.
            foreach (ref var w in parameters.Weights.Span)
                w *= 4;
            parameters.BeginGradients();
            Autograd.Backward(vit.Loss(batch, training: false));
            parameters.EndGradients();
            foreach (var entry in parameters.Layout.Entries)
            {
                // Along the gradient itself the difference is its squared length.
                var gradient = parameters.Gradients.Span.Slice(entry.Offset, entry.Length).ToArray();
                var length = Math.Sqrt(gradient.Sum(g => (double)g * g));
                if (length < 1e-5)
                    continue;
                var step = 1e-2 / length;
                double Moved(double by)
                {
                    var weights = parameters.Weights.Span.Slice(entry.Offset, entry.Length);
                    var before = weights.ToArray();
                    for (var i = 0; i < before.Length; i++)
                        weights[i] = (float)(before[i] + by * gradient[i]);
                    using var noGrad = no_grad();
                    var loss = vit.Loss(batch, training: false).item<float>();
                    before.CopyTo(parameters.Weights.Span.Slice(entry.Offset, entry.Length));
                    return loss;
                }

                var slope = (Moved(step) - Moved(-step)) / (2 * step);
                Assert.True(Math.Abs(slope - length * length) <= 0.03 * length * length + 2e-5 * length, $"{entry.Spec.Name}: {slope} and {length * length}");
            }
        }
    }

    [Theory]
    [InlineData(PoolKind.Mean, PositionKind.Learned)]
    [InlineData(PoolKind.Class, PositionKind.Sinusoidal)]
    public void Forward_reads_nothing_before_it_says_so(PoolKind pool, PositionKind position)
    {
        var model = Small(pool, position, dropPath: 0.2);
        var (parameters, vit) = Make(model);
        using (parameters)
        using (vit)
            ArrivingForward.AssertReadsWhatItSays(vit, parameters, GradientMarks.Of(model, parameters.Layout), () => Batch(3));
    }

    [Fact]
    public void A_patch_is_its_pixels_channel_by_channel_and_patches_come_row_by_row()
    {
        using var scope = NewDisposeScope();
        var (parameters, vit) = Make(Small(position: PositionKind.None));
        using (parameters)
        using (vit)
        {
            // The projection's output enters the first site: look at it there, against the sum written out.
            var batch = Batch(2);
            Tensor? seen = null;
            vit.Probe.Site = (_, x, _) =>
            {
                seen = x.clone().DetachFromDisposeScope();
                return false;
            };
            NetworkProbe.Until(() => vit.Logits(batch.Pixels));
            var weight = parameters["model.patch_embed.weight"]; // [C, 3 * 4 * 4]
            for (var patch = 0; patch < 4; patch++)
            {
                var pixels = batch.Pixels[1].narrow(1, patch / 2 * 4, 4).narrow(2, patch % 2 * 4, 4).reshape(-1); // [3 * 4 * 4]
                Assert.True(weight.mv(pixels).allclose(seen![1, patch], atol: 1e-5));
            }

            seen!.Dispose();
        }
    }

    [Fact]
    public void Smoothing_and_mixing_are_means_of_losses()
    {
        using var scope = NewDisposeScope();
        var (parameters, vit) = Make(Small(), smoothing: 0.2);
        using (parameters)
        using (vit)
        using (no_grad())
        {
            var batch = Batch(5);
            var log = nn.functional.log_softmax(vit.Logits(batch.Pixels), 1); // [B, classes]
            var expected = 0.0;
            var (others, share) = (new long[] { 0, 1, 2, 3, 4 }, new[] { 1f, 0.25f, 0.5f, 0f, 0.9f });
            for (var i = 0; i < 5; i++)
            {
                double Loss(long label) => -(0.8 * log[i, label].item<float>() + 0.2 * log[i].mean().item<float>());
                expected += (share[i] * Loss(batch.Labels[i].item<long>()) + (1 - share[i]) * Loss(others[i])) / 5;
            }

            var mixed = batch with { Others = tensor(others), Share = tensor(share) };
            Assert.Equal(expected, vit.Loss(mixed, training: true).item<float>(), 1e-5);

            var sums = new double[4];
            vit.Score(batch, sums);
            Assert.Equal(5, sums[1]);
            Assert.Equal(-Enumerable.Range(0, 5).Sum(i => (double)log[i, batch.Labels[i].item<long>()].item<float>()), sums[0], 1e-4);
            Assert.Equal(Enumerable.Range(0, 5).Count(i => log[i].argmax().item<long>() == batch.Labels[i].item<long>()), sums[2]);
        }
    }

    [Fact]
    public void Stochastic_depth_keeps_the_mean_and_is_for_training_alone()
    {
        using var scope = NewDisposeScope();
        var (parameters, vit) = Make(Small(dropPath: 0.5));
        using (parameters)
        using (vit)
        using (no_grad())
        {
            foreach (ref var w in parameters.Weights.Span)
                w *= 3; // so that the branches say something
            var batch = Batch(1);
            var many = batch.Pixels.expand(4000, -1, -1, -1).contiguous();
            var whole = vit.Logits(batch.Pixels);
            Assert.True(vit.Logits(many).narrow(0, 0, 1).allclose(whole, atol: 1e-5));
            var dropped = vit.Logits(many, training: true);
            Assert.True(dropped.std(0, unbiased: false).max().item<float>() > 1e-4);
            Assert.Equal(0, dropped.mean([0L]).sub(whole[0]).abs().max().item<float>(), 0.02);
        }
    }
}
