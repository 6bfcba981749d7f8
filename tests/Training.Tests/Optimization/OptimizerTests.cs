using CsCheck;
using DyT.Config;
using DyT.Model.Native;
using DyT.Training.Optimization;

namespace DyT.Training.Tests.Optimization;

public sealed class OptimizerTests
{
    private static readonly OptimizerConfig Config = new() { Beta1 = 0.9, Beta2 = 0.99, Eps = 1e-8, Clip = 0 };

    private static float[] Random(int seed, int length, double scale)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (float)((random.NextDouble() - 0.5) * scale))];
    }

    private static MomentSegment All(IFlatOptimizer optimizer, int length) => MomentSegment.Zero(optimizer.MomentNames.Count, new FlatRange(0, length));

    [Fact]
    public void AdamW_follows_its_definition_over_fifty_steps()
    {
        const int length = 48;
        var groups = new[] { new ParameterGroup(0, 32, 0.1f, 1), new ParameterGroup(32, 16, 0, 0.5f) };
        var optimizer = Optimizers.Create(Config, groups, length);
        var moments = All(optimizer, length);
        var weights = Random(1, length, 1);
        var w = weights.Select(x => (double)x).ToArray();
        var m = new double[length];
        var v = new double[length];
        for (var step = 1; step <= 50; step++)
        {
            var gradients = Random(100 + step, length, 1);
            var lr = 1e-2 / step;
            optimizer.Update(step, lr, 0.25f, weights, gradients, moments);
            for (var i = 0; i < length; i++)
            {
                var group = i < 32 ? groups[0] : groups[1];
                var g = gradients[i] * 0.25;
                var rate = lr * group.LrFactor;
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.99 * v[i] + 0.01 * g * g;
                w[i] -= rate * group.WeightDecay * w[i];
                w[i] -= rate * (m[i] / (1 - Math.Pow(0.9, step))) / (Math.Sqrt(v[i] / (1 - Math.Pow(0.99, step))) + 1e-8);
            }
        }

        Assert.All(w.Zip(weights), p => Assert.Equal(p.First, p.Second, 1e-5));
    }

    [Fact]
    public void Sgd_follows_its_definition()
    {
        var config = Config with { Kind = OptimizerKind.Sgd, Beta1 = 0.5 };
        var optimizer = Optimizers.Create(config, [new ParameterGroup(0, 1, 0.1f, 2)], 1);
        var moments = All(optimizer, 1);
        float[] weight = [1];
        optimizer.Update(1, 0.1, 1, weight, [3], moments);
        Assert.Equal((1 - 0.02f) - 0.2f * 3, weight[0], 1e-6f);
        var before = weight[0];
        optimizer.Update(2, 0.1, 1, weight, [1], moments);
        Assert.Equal(before * 0.98f - 0.2f * (1.5f + 1), weight[0], 1e-6f);
    }

    [Theory]
    [InlineData(OptimizerKind.Adamw)]
    [InlineData(OptimizerKind.Sgd)]
    public void The_bits_do_not_depend_on_how_the_buffer_is_cut(OptimizerKind kind) =>
        (from length in Gen.Int[1, 200] from cut in Gen.Int[0, 200] from seed in Gen.Int[0, 1000] select (length, cut: Math.Min(cut, length), seed)).Sample(t =>
        {
            var config = Config with { Kind = kind };
            var whole = Random(t.seed, t.length, 2);
            var pieces = whole.ToArray();
            // The groups' border is another than the pieces'.
            var border = t.length / 3;
            var optimizer = Optimizers.Create(config, [new ParameterGroup(0, border, 0.1f, 1), new ParameterGroup(border, t.length - border, 0, 2)], t.length);
            var all = All(optimizer, t.length);
            var left = MomentSegment.Zero(optimizer.MomentNames.Count, new FlatRange(0, t.cut));
            var right = MomentSegment.Zero(optimizer.MomentNames.Count, new FlatRange(t.cut, t.length));
            for (var step = 1; step <= 3; step++)
            {
                var gradients = Random(t.seed + step, t.length, 3);
                optimizer.Update(step, 1e-2, 0.3f, whole, gradients, all);
                optimizer.Update(step, 1e-2, 0.3f, pieces, gradients, left);
                optimizer.Update(step, 1e-2, 0.3f, pieces, gradients, right);
            }

            Assert.Equal(whole, pieces); // bit for bit: a vector lane and the scalar tail must round alike
        });

    [Fact]
    public void The_bits_do_not_depend_on_the_number_of_threads()
    {
        // Several pieces per thread and group, the last of each a part.
        const int length = 300_007;
        var groups = new[] { new ParameterGroup(0, 130_001, 0.1f, 1), new ParameterGroup(130_001, 5, 0, 2), new ParameterGroup(130_006, length - 130_006, 0.1f, 1) };
        (float[] Weights, double Norm) With(int threads)
        {
            NativeRuntime.Load();
            var before = TorchSharp.torch.get_num_threads();
            TorchSharp.torch.set_num_threads(threads);
            try
            {
                var weights = Random(1, length, 2);
                var gradients = Random(2, length, 3);
                var optimizer = Optimizers.Create(Config, groups, length);
                var moments = All(optimizer, length);
                for (var step = 1; step <= 2; step++)
                    optimizer.Update(step, 1e-2, 0.3f, weights, gradients, moments);
                return (weights, GlobalNorm.Of(gradients));
            }
            finally
            {
                TorchSharp.torch.set_num_threads(before);
            }
        }

        var (one, three) = (With(1), With(3));
        Assert.Equal(one.Norm, three.Norm);
        Assert.Equal(one.Weights, three.Weights);
    }

    [Fact]
    public void Groups_that_leave_a_gap_are_refused() =>
        Assert.Throws<ArgumentException>(() => Optimizers.Create(Config, [new ParameterGroup(0, 16, 0, 1), new ParameterGroup(32, 16, 0, 1)], 48));

    [Fact]
    public void The_global_norm_is_the_norm() =>
        Gen.Int[0, 20_000].Sample(length =>
        {
            var values = Random(length, length, 10);
            Assert.Equal(Math.Sqrt(values.Sum(v => (double)v * v)), GlobalNorm.Of(values), 1e-9);
        });
}
